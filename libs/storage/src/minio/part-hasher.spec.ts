import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { PartHasher, type PartBytes } from './part-hasher.js';

describe('PartHasher', () => {
  const sut = new PartHasher();
  afterEach(() => sut.close());

  function aPart(sizeBytes: number): PartBytes {
    return Buffer.from(new SharedArrayBuffer(sizeBytes)).fill(sizeBytes % 251);
  }
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  it('hashes small and large parts in parallel', async () => {
    const parts = [0, 1, 1_000, 5_000_000, 3_000_000, 5_000_000].map(aPart);
    const hashes = await Promise.all(parts.map((part) => sut.hash(part)));
    expect(hashes).toEqual(parts.map(sha256));
  });

  it('hashes only the filled part of the memory', async () => {
    const part = aPart(5_000_000).subarray(0, 4_000_000);
    expect(await sut.hash(part)).toBe(sha256(part));
  });

  it('rejects pending hashes if its thread ends, and starts another one', async () => {
    const part = aPart(5_000_000);
    const hash = sut.hash(part);
    const rejected = expect(hash).rejects.toThrow('thread has ended');
    await sut.close();
    await rejected;
    expect(await sut.hash(part)).toBe(sha256(part));
  });
});
