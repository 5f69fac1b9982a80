import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { structuresAtLimits } from '../../test/structures-at-limits.js';

const ENTRIES = 200_000;
/** Readers read files with these. */
const READS = ['readUInt8', 'readUInt32BE', 'readUIntBE', 'readBigUInt64BE', 'subarray'] as const;
/** A hundred thousand of them take about ten milliseconds. */
const MAX_READS_PER_TURN = 150_000;

let reads = 0;

function countReads(): () => void {
  const originals = READS.map((name) => [name, Buffer.prototype[name] as (...args: unknown[]) => unknown] as const);
  for (const [name, original] of originals) {
    // A spy would keep the arguments of millions of calls.
    Buffer.prototype[name] = function (this: Buffer, ...args: unknown[]) {
      reads++;
      return original.apply(this, args) as never;
    };
  }
  return () => originals.forEach(([name, original]) => (Buffer.prototype[name] = original as never));
}

/** Returns the most reads within one turn of the event loop. */
async function mostReadsInOneTurn(work: () => Promise<unknown>): Promise<number> {
  const restore = countReads();
  let most = 0;
  let isOver = false;
  const working = work().finally(() => (isOver = true));
  while (!isOver) {
    reads = 0;
    await nextTurn();
    most = Math.max(most, reads);
  }
  await working.finally(restore);
  return most;
}

describe('a reader yields to the event loop', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each(Object.entries(structuresAtLimits(ENTRIES)))('in %s', async (_, { bytes, read }) => {
    const file = bytes();
    // Each reading of this clock takes a whole slice, so a reader yields wherever it can.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    expect(await mostReadsInOneTurn(() => read(file))).toBeLessThanOrEqual(MAX_READS_PER_TURN);
  });
});
