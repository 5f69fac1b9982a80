import { DomainError } from '@app/domain';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthRegistry } from './health-registry.js';

const broken = (): Promise<void> =>
  Promise.reject(new DomainError('broker_unavailable', { message: 'The queue video is missing.' }));
const hanging = (): Promise<void> => new Promise(() => undefined);

describe('HealthRegistry', () => {
  let sut: HealthRegistry;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(new Logger()));

  beforeEach(() => {
    vi.useFakeTimers();
    sut = new HealthRegistry();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('is ok if everything is up, and shows the details of the checks', async () => {
    sut.register('database', () => undefined);
    sut.register('sandbox', () => Promise.resolve('unshare'));
    await expect(sut.report()).resolves.toEqual({
      status: 'ok',
      checks: {
        database: { status: 'up', required: true },
        sandbox: { status: 'up', required: true, detail: 'unshare' },
      },
    });
  });

  it('is unavailable if a required check is down, and names it', async () => {
    sut.register('broker', broken);
    await expect(sut.report()).resolves.toEqual({
      status: 'unavailable',
      checks: { broker: { status: 'down', required: true, detail: 'The queue video is missing.' } },
    });
  });

  it('is degraded if only an optional check is down', async () => {
    sut.register('database', () => undefined);
    sut.register('workers', broken, { required: false });
    await expect(sut.report()).resolves.toMatchObject({ status: 'degraded' });
  });

  it.each([
    ['rejects with', () => Promise.reject(new Error('connect postgresql://user:secret@db'))],
    [
      'throws',
      () => {
        throw new Error('at /srv/app.js:1');
      },
    ],
  ])('does not show what a check %s', async (_, check) => {
    sut.register('database', check);
    const report = await sut.report();
    expect(report.checks['database']).toEqual({
      status: 'down',
      required: true,
      detail: 'The check failed. See the log for the cause.',
    });
  });

  it('answers while a check hangs, does not start it again, and notices its recovery', async () => {
    let answer: () => void = () => undefined;
    const check = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    sut.register('storage', check);
    const first = sut.report();
    await vi.advanceTimersByTimeAsync(2000);
    await expect(first).resolves.toMatchObject({ checks: { storage: { detail: 'No answer within 2 s.' } } });
    await expect(sut.report()).resolves.toMatchObject({ status: 'unavailable' });
    expect(check).toHaveBeenCalledTimes(1);
    answer();
    await vi.advanceTimersByTimeAsync(1001);
    const next = sut.report();
    await vi.advanceTimersByTimeAsync(0);
    answer();
    await expect(next).resolves.toMatchObject({ status: 'ok' });
  });

  it('runs the checks in parallel', async () => {
    sut.register('a', hanging);
    sut.register('b', hanging);
    const report = sut.report();
    await vi.advanceTimersByTimeAsync(2000);
    await expect(report).resolves.toMatchObject({ checks: { a: { status: 'down' }, b: { status: 'down' } } });
  });

  it('runs the checks once for all probes within a second', async () => {
    const check = vi.fn();
    sut.register('database', check);
    await Promise.all([sut.report(), sut.report()]);
    await vi.advanceTimersByTimeAsync(900);
    await sut.report();
    expect(check).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    await sut.report();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is unavailable as soon as the process shuts down', async () => {
    sut.register('database', () => undefined);
    await expect(sut.report()).resolves.toMatchObject({ status: 'ok' });
    sut.onModuleDestroy();
    await expect(sut.report()).resolves.toMatchObject({
      status: 'unavailable',
      checks: { draining: { status: 'down', detail: 'The process is shutting down.' } },
    });
  });

  it('rejects a second check with the same name', () => {
    sut.register('database', () => undefined);
    expect(() => sut.register('database', () => undefined)).toThrow('database');
  });
});
