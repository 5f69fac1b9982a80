import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MaintenanceTasks } from './maintenance-tasks.js';

describe('MaintenanceTasks', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs each task at its own pace, also while another hangs, and none after the shutdown', async () => {
    const sut = new MaintenanceTasks();
    const [often, seldom] = [vi.fn(() => Promise.resolve()), vi.fn(() => Promise.resolve())];
    let end: () => void = () => undefined;
    sut.add('hanging', 1_000, () => new Promise((resolve) => (end = resolve)));
    sut.add('often', 1_000, often);
    sut.add('seldom', 5_000, seldom);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(often).not.toHaveBeenCalled();
    sut.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([often.mock.calls.length, seldom.mock.calls.length]).toEqual([10, 2]);
    const stopped = sut.beforeApplicationShutdown();
    await vi.advanceTimersByTimeAsync(10_000);
    end();
    await stopped;
    expect(often).toHaveBeenCalledTimes(10);
  });
});
