import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileWindow, type ByteSource } from '../containers/file-window.js';
import { copyMp3 } from './mp3-copy.js';
import { CopyNotPossibleError } from './copy-not-possible-error.js';
import type { Mp3Track } from '../containers/source-structure.js';

const FRAMES = 50;
const FRAME_BYTES = 417;

/** 128 kbit/s, 44.1 kHz, without audio. */
const frame = Buffer.concat([Buffer.from('fffb9000', 'hex'), Buffer.alloc(FRAME_BYTES - 4)]);
const audio = Buffer.concat(Array.from({ length: FRAMES }, () => frame));
/** A range for each byte, as in a hostile table. */
const ranges = Array.from({ length: audio.length }, (_, at) => [at, 1]).flat();
const track = { ranges, packets: FRAMES, trim: { startSeconds: 0, endSeconds: null, discardSeconds: [] } };

describe('copyMp3', () => {
  let folder: string;
  let outputPath: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mp3-copy-'));
    outputPath = join(folder, 'output.mp3');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const copy = (source: ByteSource, chosen: Mp3Track = track): Promise<void> =>
    copyMp3({
      source,
      track: chosen,
      tag: Buffer.alloc(0),
      outputPath,
      maxDurationSeconds: 60,
      onProgress: () => undefined,
    });

  it('gives others their turn, however small the pieces that lie in memory', async () => {
    let turns = 0;
    let isCopying = true;
    const others = (async () => {
      for (; isCopying; turns++) await setImmediate();
    })();
    const readsByTurn = new Map<number, number>();
    await copy({
      sizeBytes: audio.length,
      bytes: (position, length) => {
        readsByTurn.set(turns, (readsByTurn.get(turns) ?? 0) + 1);
        return Promise.resolve(audio.subarray(position, position + length));
      },
    });
    isCopying = false;
    await others;
    expect(Math.max(...readsByTurn.values())).toBeLessThanOrEqual(2048);
    expect((await readFile(outputPath)).subarray(-audio.length)).toEqual(audio);
  });

  it('leaves what an info frame has no number for to the encoder, before anything is read', async () => {
    const source = { sizeBytes: 2 ** 33, bytes: () => Promise.reject(new Error('was read')) };
    await expect(copy(source, { ...track, ranges: [100, 2 ** 31, 2 ** 32, 2 ** 31] })).rejects.toThrow(
      CopyNotPossibleError,
    );
  });

  it('ends on abort, also where all that is left lies in memory', async () => {
    const sourcePath = join(folder, 'source');
    await writeFile(sourcePath, audio);
    const controller = new AbortController();
    const reading = FileWindow.use(sourcePath, controller.signal, async (file) => {
      await file.bytes(0, 1);
      controller.abort(new Error('stopped'));
      return copy(file);
    });
    await expect(reading).rejects.toThrow('stopped');
  });
});
