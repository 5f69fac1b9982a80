/** Decides whether bytes move fast enough while only the client can make them move. */
export class PaceMeter {
  private since: number | undefined;
  private bytesBefore = 0;

  /** Fewer than `minBytes` in a window are too slow. */
  constructor(
    private readonly minBytes: number,
    private readonly windowMs: number,
  ) {}

  /** Must be called often: a new window starts whenever something other than the client delays the bytes. */
  isTooSlow(bytes: number, isClientsTurn: boolean, nowMs: number): boolean {
    if (!isClientsTurn) this.since = undefined;
    else if (this.since === undefined) this.startWindow(bytes, nowMs);
    else if (nowMs - this.since >= this.windowMs) {
      const isTooSlow = bytes - this.bytesBefore < this.minBytes;
      this.startWindow(bytes, nowMs);
      return isTooSlow;
    }
    return false;
  }

  private startWindow(bytes: number, nowMs: number): void {
    this.since = nowMs;
    this.bytesBefore = bytes;
  }
}
