/** Measures the steps of a run, for the log. A step begins when the previous one ends. */
export class StepTimes {
  private readonly durations: Record<string, number> = {};
  private endedAt = performance.now();

  /** Milliseconds, to a tenth, by the name of the step. */
  get ms(): Readonly<Record<string, number>> {
    return this.durations;
  }

  end(step: string): void {
    const now = performance.now();
    this.add(step, now - this.endedAt);
    this.endedAt = now;
  }

  /** Adds a step that was measured elsewhere. */
  add(step: string, ms: number): void {
    this.durations[step] = Math.round(((this.durations[step] ?? 0) + ms) * 10) / 10;
  }
}
