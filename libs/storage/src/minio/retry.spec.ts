import { S3Error } from 'minio';
import { describe, expect, it, vi } from 'vitest';
import { retryTransient } from './retry.js';

const POLICY = { maxAttempts: 3, firstDelayMs: 1, budgetMs: 60_000 };
const s3Error = (code: string): S3Error => Object.assign(new S3Error('rejected'), { code });

describe('retryTransient', () => {
  it('retries until the request succeeds', async () => {
    const operation = vi.fn(async (attempt: number) => {
      if (attempt < 3) throw new Error('ECONNRESET');
      return 'done';
    });
    expect(await retryTransient(operation, POLICY)).toBe('done');
    expect(operation).toHaveBeenCalledTimes(3);
  });

  it('throws the last error after its attempts', async () => {
    const operation = vi.fn(async (attempt: number) => Promise.reject(new Error(`failure ${attempt}`)));
    await expect(retryTransient(operation, POLICY)).rejects.toThrow('failure 3');
  });

  it.each(['SlowDown', 'InternalError', 'XAmzContentSHA256Mismatch'])('retries after %s', async (code) => {
    const operation = vi.fn(async () => Promise.reject(s3Error(code)));
    await expect(retryTransient(operation, POLICY)).rejects.toMatchObject({ code });
    expect(operation).toHaveBeenCalledTimes(3);
  });

  it.each(['AccessDenied', 'NoSuchKey', 'NoSuchUpload'])('does not retry after %s', async (code) => {
    const operation = vi.fn(async () => Promise.reject(s3Error(code)));
    await expect(retryTransient(operation, POLICY)).rejects.toMatchObject({ code });
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('starts no attempt after its time budget', async () => {
    const operation = vi.fn(async () => Promise.reject(new Error('timed out')));
    await expect(retryTransient(operation, { ...POLICY, firstDelayMs: 1_000, budgetMs: 10 })).rejects.toThrow();
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('stops during a pause with the reason of the signal', async () => {
    const abort = new AbortController();
    const reason = new Error('Enough');
    const operation = vi.fn(async () => {
      setImmediate(() => abort.abort(reason));
      throw new Error('ECONNRESET');
    });
    const policy = { ...POLICY, firstDelayMs: 3_600_000, budgetMs: Number.POSITIVE_INFINITY };
    await expect(retryTransient(operation, policy, abort.signal)).rejects.toBe(reason);
    expect(operation).toHaveBeenCalledTimes(1);
  });
});
