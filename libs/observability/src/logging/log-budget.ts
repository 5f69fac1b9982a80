import { AsyncResource } from 'node:async_hooks';

export interface LogRate {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

export const LOG_RATE: LogRate = { bytesPerSecond: 32 * 1024, burstBytes: 2 * 1024 ** 2 };

const REPORT_INTERVAL_MS = 1000;
/** pino's numbers. */
const WARN = 40;
const FATAL = 60;

/**
 * Bounds how fast a process writes its log: whoever makes requests decides how many lines there are. Warnings and errors
 * have an allowance of their own, so that no flood of requests hides them. Fatal lines are always written.
 */
export class LogBudget {
  private readonly ordinary: Allowance;
  private readonly serious: Allowance;
  /** The one that the line in progress is paid from. */
  private current: Allowance;
  private leftOut = 0;
  private isReporting = false;
  // A report belongs to the process, not to the request whose line was the first to be left out.
  private readonly context = new AsyncResource('LogBudget');

  /** `report` logs how many lines were left out; it is not limited itself. */
  constructor(
    private readonly report: (lines: number) => void,
    rate: LogRate = LOG_RATE,
    now: () => number = () => performance.now(),
  ) {
    this.ordinary = new Allowance(rate, now);
    this.serious = new Allowance(rate, now);
    this.current = this.serious;
  }

  /** Writes a line, unless too much was written lately. */
  write(level: number, writeLine: () => void): void {
    const allowance = level >= WARN ? this.serious : this.ordinary;
    if (level < FATAL && !this.isReporting && !allowance.isPositive) {
      this.leaveOut();
      return;
    }
    this.current = allowance;
    writeLine();
  }

  /** Pays for the line in progress. */
  pay(bytes: number): void {
    this.current.spend(bytes);
  }

  private leaveOut(): void {
    this.leftOut += 1;
    if (this.leftOut > 1) return;
    this.context.runInAsyncScope(() => setTimeout(() => this.reportLeftOut(), REPORT_INTERVAL_MS).unref());
  }

  private reportLeftOut(): void {
    const lines = this.leftOut;
    this.leftOut = 0;
    this.isReporting = true;
    try {
      this.report(lines);
    } finally {
      this.isReporting = false;
    }
  }
}

class Allowance {
  private bytes: number;
  private updatedAt: number;

  constructor(
    private readonly rate: LogRate,
    private readonly now: () => number,
  ) {
    this.bytes = rate.burstBytes;
    this.updatedAt = now();
  }

  get isPositive(): boolean {
    const now = this.now();
    const earned = ((now - this.updatedAt) * this.rate.bytesPerSecond) / 1000;
    this.bytes = Math.min(this.rate.burstBytes, this.bytes + earned);
    this.updatedAt = now;
    return this.bytes > 0;
  }

  spend(bytes: number): void {
    this.bytes -= bytes;
  }
}
