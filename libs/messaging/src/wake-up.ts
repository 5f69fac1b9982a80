/** Lets one loop sleep until it is notified. A notification that comes while the loop is busy is not lost. */
export class WakeUp {
  private isPending = false;
  private resume: (() => void) | undefined;

  notify(): void {
    this.isPending = true;
    this.resume?.();
  }

  /** Resolves at the next `notify()`, or after the delay if one is given. */
  async wait(delayMs: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.isPending) {
      await new Promise<void>((resolve) => {
        this.resume = resolve;
        if (delayMs !== undefined) timer = setTimeout(resolve, delayMs);
      });
    }
    clearTimeout(timer);
    this.resume = undefined;
    this.isPending = false;
  }
}
