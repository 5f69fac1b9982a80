import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogBudget } from './log-budget.js';

const INFO = 30;
const ERROR = 50;
const FATAL = 60;
const RATE = { bytesPerSecond: 1000, burstBytes: 5000 };

describe('LogBudget', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  let nowMs = 0;
  const reports: number[] = [];
  function aBudget(): LogBudget {
    nowMs = 0;
    reports.length = 0;
    return new LogBudget(
      (lines) => reports.push(lines),
      RATE,
      () => nowMs,
    );
  }

  /** Writes lines of 100 bytes; returns the number of lines that were not dropped. */
  function write(sut: LogBudget, level: number, lines: number): number {
    let written = 0;
    for (let i = 0; i < lines; i += 1) {
      sut.write(level, () => {
        written += 1;
        sut.pay(100);
      });
    }
    return written;
  }

  it('allows a burst, then its rate', () => {
    const sut = aBudget();
    expect(write(sut, INFO, 10_000)).toBe(50);
    nowMs += 2000;
    expect(write(sut, INFO, 10_000)).toBe(20);
    nowMs += 3_600_000;
    expect(write(sut, INFO, 10_000)).toBe(50);
  });

  it('has a separate allowance for errors during a flood of ordinary lines', () => {
    const sut = aBudget();
    write(sut, INFO, 10_000);
    expect(write(sut, ERROR, 10_000)).toBe(50);
    expect(write(sut, FATAL, 3)).toBe(3);
  });

  it('reports the number of dropped lines once a second', () => {
    const sut = aBudget();
    write(sut, INFO, 60);
    write(sut, ERROR, 55);
    expect(reports).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(reports).toEqual([15]);
    vi.advanceTimersByTime(10_000);
    expect(reports).toEqual([15]);
    write(sut, INFO, 3);
    vi.advanceTimersByTime(1000);
    expect(reports).toEqual([15, 3]);
  });
});
