import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aMovie, box, matroska, uint32 } from '../../test/hostile-structures.js';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

/** Whoever starts it gets `ffmpeg_failed`. */
const NO_FFMPEG = { FFMPEG_PATH: '/nonexistent/ffmpeg' };
const FILE_TYPE = box('ftyp', Buffer.from('isomisom'));
const CORRUPT = { code: 'corrupt_source', retryable: false };

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

async function written(...parts: Buffer[]): Promise<string> {
  const path = join(fixture.folder, 'hostile');
  await writeFile(path, Buffer.concat(parts));
  return path;
}

/** A movie box whose single chunk, at byte 1000, holds samples of four bytes each. */
function oneChunk(samples: number, handler: string): Buffer {
  return aMovie({
    handler,
    stts: box('stts', uint32(0, 1, samples, 2)),
    stsc: box('stsc', uint32(0, 1, 1, samples, 1)),
    stsz: box('stsz', uint32(0, 4, samples)),
    stco: box('stco', uint32(0, 1, 1000)),
  });
}

describe('a file that declares more than it can hold', () => {
  it.each(['soun', 'vide'])('is corrupt before ffmpeg starts, where its table is of %s', async (handler) => {
    const source = await written(FILE_TYPE, oneChunk(55_000_000, handler), box('mdat', Buffer.alloc(200)));
    await expect(fixture.transcode(source, NO_FFMPEG)).rejects.toMatchObject(CORRUPT);
  });

  it('is corrupt before ffmpeg starts, where it has room for more samples than ffmpeg has memory', async () => {
    const samples = 17_000_000;
    const source = await written(FILE_TYPE, oneChunk(samples, 'soun'), uint32(0), Buffer.from('mdat'));
    await truncate(source, 1000 + 4 * samples);
    await expect(fixture.transcode(source, NO_FFMPEG)).rejects.toMatchObject(CORRUPT);
  });
});

it('a file of padding alone costs no time that counts', async () => {
  const source = await written(matroska(Buffer.alloc(12_700_000, 'ec80', 'hex')));
  await expect(fixture.transcode(source)).rejects.toMatchObject({ retryable: false });
});
