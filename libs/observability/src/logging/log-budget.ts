import { AsyncResource } from 'node:async_hooks';

export interface LogRate {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

export const LOG_RATE: LogRate = { bytesPerSecond: 32 * 1024, burstBytes: 2 * 1024 ** 2 };

const REPORT_INTERVAL_MS = 1000;
/** The levels of pino. */
const WARN = 40;
const FATAL = 60;

/**
 * Limits how fast a process writes its log, because clients decide how many requests there are. Warnings and errors
 * have a separate allowance, so that a flood of requests cannot hide them. Fatal lines are always written.
 */
export class LogBudget {
  private readonly ordinary: Allowance;
  private readonly serious: Allowance;
  /** The allowance of the current line. */
  private current: Allowance;
  private leftOut = 0;
  private isReporting = false;
  // A report belongs to the process, not to the request of the first dropped line.
  private readonly context = new AsyncResource('LogBudget');

  /** `report` logs the number of dropped lines and is not limited itself. */
  constructor(
    private readonly report: (lines: number) => void,
    rate: LogRate = LOG_RATE,
    now: () => number = () => performance.now(),
  ) {
    this.ordinary = new Allowance(rate, now);
    this.serious = new Allowance(rate, now);
    this.current = this.serious;
  }

  /** Writes a line unless the allowance is used up. */
  write(level: number, writeLine: () => void): void {
    const allowance = level >= WARN ? this.serious : this.ordinary;
    if (level < FATAL && !this.isReporting && !allowance.isPositive) {
      this.leaveOut();
      return;
    }
    this.current = allowance;
    writeLine();
  }

  /** Counts the current line. */
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
