import { describe, expect, it } from 'vitest';
import type { PartBytes } from './part-hasher.js';
import { PartPool } from './part-pool.js';

const PART = 8;

/** Uploads of a pool with memory for three parts, and the parts that each was granted. */
function uploadsOf(pool: PartPool, ...names: string[]): Record<string, PartBytes[]> {
  const uploads = Object.fromEntries(names.map((name) => [name, [] as PartBytes[]]));
  for (const upload of Object.values(uploads)) pool.open(upload);
  return uploads;
}

describe('PartPool', () => {
  const ask = (pool: PartPool, upload: PartBytes[] = [], sizeBytes = PART): void =>
    void pool.take(upload, sizeBytes).then((memory) => upload.push(memory));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('gives one upload several parts, within the budget', async () => {
    const pool = new PartPool(3 * PART);
    const { fast } = uploadsOf(pool, 'fast');
    for (let i = 0; i < 5; i += 1) ask(pool, fast);
    await settled();
    expect(fast).toHaveLength(3);
    expect(pool.totalBytes).toBe(3 * PART);
  });

  it('gives no upload more than four parts', async () => {
    const pool = new PartPool(100 * PART);
    const { fast } = uploadsOf(pool, 'fast');
    for (let i = 0; i < 9; i += 1) ask(pool, fast);
    await settled();
    expect(fast).toHaveLength(4);
  });

  it('gives each upload its first part, even over the budget', async () => {
    const pool = new PartPool(3 * PART);
    const { fast, ...others } = uploadsOf(pool, 'fast', 'a', 'b', 'c');
    for (let i = 0; i < 3; i += 1) ask(pool, fast);
    for (const upload of Object.values(others)) ask(pool, upload);
    await settled();
    expect(Object.values(others).map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(pool.totalBytes).toBe(6 * PART);
  });

  it('gives a free part to the upload that has waited longest', async () => {
    const pool = new PartPool(3 * PART);
    const { fast = [], slow = [] } = uploadsOf(pool, 'fast', 'slow');
    ask(pool, fast);
    ask(pool, fast);
    ask(pool, slow);
    ask(pool, slow);
    ask(pool, fast);
    await settled();
    const [first] = fast;
    if (first !== undefined) pool.giveBack(fast, first);
    await settled();
    expect([fast.length, slow.length]).toEqual([2, 2]);
    expect(slow[1]).toBe(first);
  });

  it('lets an upload continue with its first part while others use the budget', async () => {
    const pool = new PartPool(3 * PART);
    const { fast = [], slow = [] } = uploadsOf(pool, 'fast', 'slow');
    for (let i = 0; i < 3; i += 1) ask(pool, fast);
    ask(pool, slow);
    await settled();
    ask(pool, fast);
    ask(pool, slow);
    const [own] = slow;
    if (own !== undefined) pool.giveBack(slow, own);
    await settled();
    expect([fast.length, slow.length]).toEqual([3, 2]);
  });

  it('keeps the budget and one part for each open upload, and the budget after the last', async () => {
    const pool = new PartPool(3 * PART);
    const { a = [], b = [], c = [] } = uploadsOf(pool, 'a', 'b', 'c');
    for (let i = 0; i < 3; i += 1) ask(pool, a);
    ask(pool, b);
    ask(pool, c);
    await settled();
    const uploads = [a, b, c];
    for (const upload of uploads) for (const memory of upload) pool.giveBack(upload, memory);
    expect(pool.totalBytes).toBe(5 * PART);
    const known = new Set(uploads.flat());
    ask(pool, b);
    await settled();
    expect(known.has(b[1] ?? Buffer.from(new SharedArrayBuffer(0)))).toBe(true);
    for (const upload of uploads) pool.close(upload);
    pool.giveBack(b, b[1] ?? Buffer.from(new SharedArrayBuffer(0)));
    expect(pool.totalBytes).toBe(3 * PART);
  });

  it('gives nothing to an upload that was closed while waiting', async () => {
    const pool = new PartPool(PART);
    const { a = [], b = [] } = uploadsOf(pool, 'a', 'b');
    ask(pool, a);
    ask(pool, a);
    ask(pool, b);
    ask(pool, b);
    await settled();
    pool.close(a);
    const [memory] = a;
    if (memory !== undefined) pool.giveBack(a, memory);
    await settled();
    expect(a).toHaveLength(1);
    const [own] = b;
    if (own !== undefined) pool.giveBack(b, own);
    await settled();
    expect(b).toHaveLength(2);
  });
});
