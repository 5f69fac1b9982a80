import { readFile } from 'node:fs/promises';
import { makeClip, type ClipRecipe } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

/** The same "random" numbers below `limit` on every run. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

describe('a file cut short', () => {
  const ways: readonly Partial<ClipRecipe>[] = [
    { container: 'mp4-faststart' },
    { container: 'mp4-fragmented' },
    { container: 'mkv' },
    { container: 'webm', codec: 'opus' },
    { container: 'webm-live', codec: 'vorbis' },
  ];

  it.each(ways)('$container is corrupt, wherever it is cut', async (recipe) => {
    const clip = await makeClip(recipe);
    const random = seeded(11);
    for (let round = 0; round < 8; round++) {
      let length = 0;
      const source = await fixture.changed(clip, (bytes) =>
        bytes.subarray(0, (length = 64 + random(bytes.length - 64))),
      );
      await expect(fixture.transcode(source), `cut at ${length}`).rejects.toMatchObject({ code: 'corrupt_source' });
    }
  });

  it.each(ways)('$container is corrupt, without its last bytes', async (recipe) => {
    const clip = await makeClip(recipe);
    for (const missing of [1, 8]) {
      const source = await fixture.changed(clip, (bytes) => bytes.subarray(0, -missing));
      await expect(fixture.transcode(source), `${missing} missing`).rejects.toMatchObject({ code: 'corrupt_source' });
    }
  });

  it('leaves no output behind', async () => {
    const source = await fixture.changed(await makeClip({ container: 'mkv' }), (bytes) =>
      bytes.subarray(0, bytes.length >> 1),
    );
    await expect(fixture.transcode(source)).rejects.toMatchObject({ code: 'corrupt_source' });
    await expect(readFile(fixture.outputPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a file with flipped bits', () => {
  it.each<Partial<ClipRecipe>>([
    { container: 'mp4-faststart' },
    { container: 'mp4-fragmented' },
    { container: 'mkv' },
    { container: 'webm', codec: 'vorbis' },
    { container: 'webm-live', codec: 'opus' },
    { container: 'mkv', codec: 'mp3' },
  ])('$container is never taken with part of its audio', async (recipe) => {
    const clip = await makeClip(recipe);
    const whole = await fixture.transcode(clip);
    const random = seeded(5);
    let rejected = 0;
    // Flipped bits in the audio itself can go unnoticed; with enough of them, one is detected.
    for (let round = 0; round < 12 || (rejected === 0 && round < 200); round++) {
      const source = await fixture.changed(clip, (bytes) => flipBits(bytes, random));
      const durationMs = await fixture.transcode(source).then(
        (result) => result.durationMs,
        (error: unknown) => {
          expect(error).toMatchObject({
            code: expect.stringMatching(/corrupt_source|unsupported_format|no_audio_stream/) as string,
          });
          rejected++;
          return whole.durationMs;
        },
      );
      expect(durationMs).toBeGreaterThanOrEqual(whole.durationMs);
    }
    expect(rejected).toBeGreaterThan(0);
  });

  /** Mostly at the beginning, where the structure is. */
  function flipBits(bytes: Buffer, random: (limit: number) => number): Buffer {
    for (const limit of [bytes.length, bytes.length, bytes.length / 20]) {
      const at = random(limit);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    }
    return bytes;
  }
});
