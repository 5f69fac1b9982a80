import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testFfmpegVersion } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BESIDE_THE_AUDIO, TRACKS_AND_TIMES } from './support/formats/contents.js';
import { Findings, type TableName } from './support/formats/formats-document.js';
import { CHANNEL_LAYOUTS, RATES } from './support/formats/layouts.js';
import { AUDIO_KINDS, videosWith } from './support/formats/matrix.js';
import { MAX_DURATION_SECONDS, REJECTIONS } from './support/formats/rejections.js';
import { STRUCTURES } from './support/formats/structures.js';
import { Trial, type Converted } from './support/formats/trial.js';
import { SECONDS, Workbench, type Make } from './support/formats/workbench.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const DOCUMENT = join(import.meta.dirname, '../docs/formats.md');

let service: ServiceUnderTest;
let bench: Workbench;
let trial: Trial;
let findings: Findings;

beforeAll(async () => {
  findings = new Findings(await testFfmpegVersion());
  service = await ServiceUnderTest.start({ env: { MAX_DURATION_SECONDS: String(MAX_DURATION_SECONDS) } });
  bench = new Workbench(service.folder);
  trial = new Trial(await service.signIn(), bench);
});
afterAll(() => service?.stop());

describe.concurrent('every format', () => {
  it.each(Object.entries(AUDIO_KINDS))('%s is converted from each container that supports it', async (name, audio) => {
    const videos = await videosWith(audio, bench);
    expect(videos.length).toBeGreaterThan(0);
    for (const [container, path] of videos) {
      const { encoding, seconds } = await trial.converted(path);
      expect(Math.abs(seconds - SECONDS)).toBeLessThanOrEqual(0.1);
      findings.note('matrix', name, container, encoding === 'encoded' ? '✓' : encoding);
    }
  });

  const kinds: readonly [TableName, Readonly<Record<string, Make>>, (converted: Converted) => string][] = [
    ['layouts', CHANNEL_LAYOUTS, ({ channels }) => channels],
    ['rates', RATES, ({ sampleRate }) => `${sampleRate / 1000} kHz`],
    ['times', TRACKS_AND_TIMES, ({ encoding }) => encoding],
    ['structures', STRUCTURES, ({ encoding }) => encoding],
    ['beside', BESIDE_THE_AUDIO, ({ encoding }) => encoding],
  ];
  describe.each(kinds)('%s', (table, makers, wordFor) => {
    it.each(Object.entries(makers))('%s', async (name, make) => {
      const converted = await trial.converted(await make(bench));
      expect(converted.seconds).toBeGreaterThan(0);
      findings.note(table, name, 'MP3', wordFor(converted));
    });
  });

  describe('an unsupported or damaged file', () => {
    it.each(Object.entries(REJECTIONS))('is rejected: %s', async (name, { code, make }) => {
      expect(await trial.failure(await make(bench))).toBe(code);
      findings.note('rejections', name, 'code', `\`${code}\``);
    });
  });
});

describe('docs/formats.md', () => {
  it('matches the results of this run', async () => {
    const current = await readFile(DOCUMENT, 'utf8').catch(() => null);
    await expect(
      findings.document(current),
      'docs/formats.md is out of date. Run: npm run docs:formats',
    ).toMatchFileSnapshot(DOCUMENT);
  });
});
