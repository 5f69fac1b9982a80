import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ObjectUpload } from './object-upload.js';
import type { PartBytes } from './part-hasher.js';
import { partSizeBytes } from './part-plan.js';
import { PartPool } from './part-pool.js';
import { PartSink } from './part-sink.js';

const PART_BYTES = partSizeBytes(1);

/** A store that accepts parts and answers only when the test tells it to. */
class HangingStore implements Pick<ObjectUpload, 'putPart' | 'putWhole' | 'complete' | 'cancel'> {
  readonly parts: { number: number; bytes: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  isComplete = false;
  isCanceled = false;

  putPart(number: number, bytes: PartBytes): Promise<void> {
    return new Promise((resolve, reject) => this.parts.push({ number, bytes: bytes.length, resolve, reject }));
  }
  async putWhole(): Promise<void> {
    this.isComplete = true;
  }
  async complete(): Promise<void> {
    this.isComplete = true;
  }
  cancel(): void {
    this.isCanceled = true;
  }
}

describe('PartSink', () => {
  function aSink(budgetParts: number): { sink: PartSink; store: HangingStore; pool: PartPool } {
    const [store, pool] = [new HangingStore(), new PartPool(budgetParts * PART_BYTES)];
    return { store, pool, sink: new PartSink(store as Partial<ObjectUpload> as ObjectUpload, pool) };
  }
  const numbersOf = (store: HangingStore): number[] => store.parts.map(({ number }) => number);

  it('fills and sends parts while earlier ones are being sent, up to four at a time', async () => {
    const { sink, store, pool } = aSink(100);
    sink.write(Buffer.alloc(6 * PART_BYTES));
    await turn();
    expect(numbersOf(store)).toEqual([1, 2, 3, 4]);
    expect(pool.totalBytes).toBe(4 * PART_BYTES);
    store.parts[2]?.resolve();
    await turn();
    expect(numbersOf(store)).toEqual([1, 2, 3, 4, 5]);
    sink.destroy();
  });

  it('completes only after the last part is stored', async () => {
    const { sink, store } = aSink(100);
    sink.end(Buffer.alloc(2 * PART_BYTES + 1));
    await turn();
    expect(store.parts.map(({ bytes }) => bytes)).toEqual([PART_BYTES, PART_BYTES, 1]);
    store.parts[2]?.resolve();
    store.parts[0]?.resolve();
    await turn();
    expect(store.isComplete).toBe(false);
    store.parts[1]?.resolve();
    await turn();
    expect(store.isComplete).toBe(true);
  });

  it('fails as soon as one part fails, and cancels the others', async () => {
    const { sink, store } = aSink(100);
    const failure = new Error('The store is full');
    const errors: Error[] = [];
    sink.on('error', (error) => errors.push(error));
    sink.write(Buffer.alloc(3 * PART_BYTES));
    await turn();
    store.parts[1]?.reject(failure);
    await turn();
    expect(errors).toEqual([failure]);
    expect(store).toMatchObject({ isCanceled: true, isComplete: false });
  });

  it('uses one part for a slow body', async () => {
    const { sink, store, pool } = aSink(1);
    for (let part = 1; part <= 3; part += 1) {
      sink.write(Buffer.alloc(PART_BYTES));
      await turn();
      expect(pool.totalBytes).toBe(PART_BYTES);
      store.parts.at(-1)?.resolve();
      await turn();
    }
    expect(numbersOf(store)).toEqual([1, 2]);
    sink.destroy();
  });
});
