const MAX_LINE_CHARACTERS = 1024;

/** Reads the `key=value` lines of `-progress`. */
export class ProgressReader {
  private rest = '';
  private latestMs = 0;

  get outTimeMs(): number {
    return this.latestMs;
  }

  /** Returns true if the text reports more audio than before. */
  push(text: string): boolean {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARACTERS);
    const before = this.latestMs;
    for (const line of lines) this.readLine(line);
    return this.latestMs > before;
  }

  private readLine(line: string): void {
    // `out_time_ms` also holds microseconds, an old bug of ffmpeg; this one has the right unit.
    const [, microseconds] = /^out_time_us=(\d{1,15})$/.exec(line.trim()) ?? [];
    if (microseconds !== undefined) this.latestMs = Math.max(this.latestMs, Math.floor(Number(microseconds) / 1000));
  }
}

/** 0–100 whatever the file declares: lengths are wrong, zero or absent in real files. */
export function percentOf(outTimeMs: number, durationMs: number | null): number {
  if (durationMs === null || !(durationMs > 0)) return 0;
  return Math.min(100, Math.max(0, Math.floor((100 * outTimeMs) / durationMs)));
}
