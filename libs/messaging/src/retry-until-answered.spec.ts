import { describe, expect, it, vi } from 'vitest';
import { retryUntilAnswered } from './retry-until-answered.js';

const outage = new Error('The database cannot be reached');

describe('retryUntilAnswered', () => {
  it('repeats the request until it succeeds', async () => {
    const request = vi.fn().mockRejectedValueOnce(outage).mockRejectedValueOnce(outage).mockResolvedValue('answer');
    const { signal } = new AbortController();
    expect(await retryUntilAnswered(request, { signal })).toBe('answer');
    expect(request).toHaveBeenCalledTimes(3);
  });

  it('rejects with the error if retrying cannot help', async () => {
    const request = vi.fn().mockRejectedValue(outage);
    const { signal } = new AbortController();
    await expect(retryUntilAnswered(request, { signal, shouldRetry: () => false })).rejects.toBe(outage);
    expect(request).toHaveBeenCalledTimes(1);
  });

  it('rejects with the reason of an abort, even during a pause', async () => {
    const reason = new Error('shutdown');
    const controller = new AbortController();
    const request = vi.fn(async () => {
      setImmediate(() => controller.abort(reason));
      throw outage;
    });
    await expect(retryUntilAnswered(request, { signal: controller.signal })).rejects.toBe(reason);
    expect(request).toHaveBeenCalledTimes(1);
  });

  it('returns an answer that arrives after the abort', async () => {
    const controller = new AbortController();
    const request = async (): Promise<string> => {
      controller.abort(new Error('shutdown'));
      return Promise.resolve('claimed');
    };
    expect(await retryUntilAnswered(request, { signal: controller.signal })).toBe('claimed');
  });
});
