import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { bytesOf } from '../testing/storage-subject.js';
import { PART_BYTES } from './byte-ranges.js';
import { RangedDownload } from './ranged-download.js';
import type { RangedSource } from './ranged-source.js';

const SIZE_BYTES = PART_BYTES + 1_000;
const BYTES = bytesOf(SIZE_BYTES);

function aSource(overrides: Partial<RangedSource> = {}): RangedSource {
  return {
    sizeBytes: SIZE_BYTES,
    head: { start: 0, end: PART_BYTES - 1 },
    roundTripMs: 7,
    bytesPerSecond: null,
    open: async ({ start, end }) => Readable.from([BYTES.subarray(start, end + 1)], { objectMode: false }),
    retry: async (step, signal) => {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        try {
          return await step();
        } catch (error) {
          if (attempt === 3) throw error;
        }
      }
    },
    onMeasured: () => undefined,
    ...overrides,
  };
}

/** A file in memory that writes as much at once as it is told. */
function aFile(limitBytes: number): { handle: FileHandle; bytes: Buffer } {
  const bytes = Buffer.alloc(SIZE_BYTES);
  const writev = async (buffers: readonly Buffer[], position: number): Promise<{ bytesWritten: number }> => {
    const written = Buffer.concat(buffers).subarray(0, limitBytes);
    written.copy(bytes, position);
    return { bytesWritten: written.length };
  };
  const handle = { truncate: async () => undefined, writev } as Partial<FileHandle> as FileHandle;
  return { handle, bytes };
}

describe('RangedDownload', () => {
  it('writes the rest if the file accepts only a part of the bytes', async () => {
    const { handle, bytes } = aFile(700_001);
    await new RangedDownload(aSource({ retry: (step) => step() }), handle).run();
    expect(bytes.equals(BYTES)).toBe(true);
  });

  it('does not repeat a request if the local file cannot be written', async () => {
    const { handle } = aFile(0);
    const full = new Error('no space left on device');
    vi.spyOn(handle, 'writev').mockRejectedValue(full);
    const source = aSource();
    const open = vi.spyOn(source, 'open');
    await expect(new RangedDownload(source, handle).run()).rejects.toBe(full);
    // At most one for each of the two parts.
    expect(open.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('measures the store on the beginning of the object until a full download was measured', async () => {
    const { handle } = aFile(SIZE_BYTES);
    for (const bytesPerSecond of [null, 5]) {
      const select = vi.fn(async (object: { speed: () => Promise<unknown> }) => {
        const rate = bytesPerSecond ?? expect.any(Number);
        expect(await object.speed()).toEqual({ roundTripMs: 7, bytesPerSecond: rate });
        return null;
      });
      await new RangedDownload(aSource({ bytesPerSecond, retry: (step) => step() }), handle).run(select);
      expect(select).toHaveBeenCalledOnce();
    }
  });
});
