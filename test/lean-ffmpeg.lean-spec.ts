import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DomainError } from '@app/domain';
import { leanFfmpegFolder, testFfmpegPath } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../apps/worker/test/transcoder-fixture.js';
import { encodeArguments } from '../apps/worker/src/ffmpeg/ffmpeg-arguments.js';
import { FfmpegLog } from '../apps/worker/src/ffmpeg/ffmpeg-log.js';
import type { LogFacts } from '../apps/worker/src/ffmpeg/log-facts.js';
import { programsFor, recipeHash } from '../tools/lean-ffmpeg/recipe.mjs';
import { BESIDE_THE_AUDIO, TRACKS_AND_TIMES } from './support/formats/contents.js';
import { CHANNEL_LAYOUTS, RATES } from './support/formats/layouts.js';
import { AUDIO_KINDS, videosWith } from './support/formats/matrix.js';
import { MAX_DURATION_SECONDS, REJECTIONS } from './support/formats/rejections.js';
import { STRUCTURES } from './support/formats/structures.js';
import { framesOf } from './support/formats/trial.js';
import { Workbench } from './support/formats/workbench.js';

/** Compares the lean ffmpeg with the one that makes the test media, for each row of docs/formats.md. */

const run = promisify(execFile);
const MAX_LOG_BYTES = 1 << 26;
const NAMES = Object.keys(programsFor(process.arch));
const pathOf = (name: string): string => join(leanFfmpegFolder() ?? '', name);

let lean: TranscoderFixture;
let system: TranscoderFixture;
let bench: Workbench;
let outputs = 0;

beforeAll(async () => {
  lean = await TranscoderFixture.create();
  system = await TranscoderFixture.create(testFfmpegPath());
  bench = new Workbench(lean.folder);
});

afterAll(() => Promise.all([lean?.remove(), system?.remove()]));

/** Returns the frames of the MP3 that a program makes as for the worker, and the facts of its log. */
async function encoded(program: string, sourcePath: string): Promise<{ frames: Buffer; facts: LogFacts }> {
  const outputPath = bench.path('mp3');
  const args = encodeArguments({ sourcePath, outputPath, maxDurationSeconds: MAX_DURATION_SECONDS, tagBytes: 0 });
  const { stderr } = await run(program, args, { maxBuffer: MAX_LOG_BYTES });
  const log = new FfmpegLog();
  log.push(stderr);
  log.end();
  return { frames: framesOf(await readFile(outputPath)), facts: log.facts };
}

/** The facts that the worker decides by. Codecs of other tracks are missing in one program, and not allowed in the other. */
function decisive(facts: LogFacts): unknown {
  const { durationMs, isInputOpen, choice, chosen, input, output, formatChanges, demuxerDamage, decoderDamage } = facts;
  const streams = facts.streams.map(({ index, type, codec, isDefault }) => ({ index, type, codec, isDefault }));
  const rates = [...facts.decodedRates];
  const damage = [demuxerDamage, decoderDamage].map((line) => line !== null);
  return { durationMs, isInputOpen, choice, chosen, input, output, formatChanges, streams, rates, damage };
}

/** In its own folder, because the lists of mounts of two sandboxes would have the same names. */
function outputOf({ folder }: TranscoderFixture): string {
  outputs += 1;
  return join(folder, `output-${outputs}.mp3`);
}

async function expectSame(source: string): Promise<void> {
  const expected = await encoded(testFfmpegPath(), source);
  for (const name of NAMES) {
    const actual = await encoded(pathOf(name), source);
    expect(actual.frames.equals(expected.frames), `the frames of ${name} for ${source}`).toBe(true);
    expect(decisive(actual.facts)).toEqual(decisive(expected.facts));
  }
  const results = [];
  for (const fixture of [lean, system]) {
    const outputPath = outputOf(fixture);
    const { encoding, durationMs } = await fixture.transcode(source, {}, { outputPath });
    results.push({ encoding, durationMs, frames: framesOf(await readFile(outputPath)).toString('base64') });
  }
  const [ofLean, ofSystem] = results;
  expect(ofLean).toEqual(ofSystem);
}

/** Which code the system's has is asserted by formats.e2e-spec.ts. */
async function failure(fixture: TranscoderFixture, source: string): Promise<unknown> {
  try {
    await fixture.transcode(source, { MAX_DURATION_SECONDS }, { outputPath: outputOf(fixture) });
  } catch (error) {
    const { code, sentence, retryable } = error as DomainError;
    return { code, sentence, retryable };
  }
  throw new Error(`${source} was converted`);
}

describe('the lean ffmpeg', () => {
  it.each(NAMES)('%s is of this recipe, has no libraries and no network, and is under the LGPL', async (name) => {
    const program = pathOf(name);
    const { stdout } = await run(program, ['-hide_banner', '-version']);
    expect(stdout).toContain(`-lean-${recipeHash()}-`);
    await expect(run(program, ['-v', 'error', '-i', 'tcp://127.0.0.1:1'])).rejects.toThrow('Protocol not found');
    expect((await run(program, ['-hide_banner', '-L'])).stdout).toContain('GNU Lesser General Public');
    // Said of programs that are also loaded at random addresses; of others, it says "not a dynamic executable".
    expect((await run('ldd', [program])).stdout).toContain('statically linked');
  });
});

describe.concurrent('every format', () => {
  it.each(Object.entries(AUDIO_KINDS))('%s has the same frames from each container', async (_, audio) => {
    const videos = await videosWith(audio, bench);
    expect(videos.length).toBeGreaterThan(0);
    for (const [, path] of videos) await expectSame(path);
  });

  describe.each([
    ['layouts', CHANNEL_LAYOUTS],
    ['rates', RATES],
    ['times', TRACKS_AND_TIMES],
    ['structures', STRUCTURES],
    ['beside', BESIDE_THE_AUDIO],
  ])('%s', (_, makers) => {
    it.each(Object.entries(makers))('%s has the same frames', async (_name, make) => {
      await expectSame(await make(bench));
    });
  });

  const failures = Object.entries(REJECTIONS).filter(([, { code }]) => code !== 'unsupported_media_type');
  it.each(failures)('the failure has the same code: %s', async (_, { make }) => {
    const source = await make(bench);
    const [ofLean, ofSystem] = await Promise.all([failure(lean, source), failure(system, source)]);
    expect(ofLean).toEqual(ofSystem);
  });
});
