import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeClip } from '@app/testing';
import { expect, it } from 'vitest';
import type { JobRow } from '../test/support/job-rows.js';
import { Campaign, JOBS, KILLS, SEEDS } from './support/campaign.js';
import { report } from './support/figures.js';
import { seededRandom } from './support/random.js';

const CLIP_SECONDS = [2, 3, 4, 120];

it.each(SEEDS)(`${JOBS} jobs through ${KILLS} kills of api, workers, broker and database, seed %i`, async (seed) => {
  const clips = await Promise.all(CLIP_SECONDS.map((seconds) => makeClip({ seconds, video: seconds < 10 })));
  const campaign = await Campaign.start(seededRandom(seed));
  try {
    await campaign.run(clips, JOBS, KILLS);
    const rows = await campaign.ended();
    const known = new Map(rows.map((row) => [row.id, row]));
    const lost = campaign.accepted.filter(({ id }) => known.get(id)?.status !== 'DONE');
    const doubled = [...campaign.events.idsByJob()].filter(([, ids]) => ids.size !== 1);
    const damaged = clips.filter((clip) => sumsOf(campaign, known, clip).size > 1);
    const objects = join(campaign.service.folder, 'objects');
    const missing = await missingOutputs(objects, rows);
    report(`${JOBS} jobs through ${KILLS} kills, seed ${seed}`, {
      'jobs accepted, and in the table': `${campaign.accepted.length}, ${rows.length}`,
      kills: [...campaign.kills].map(([victim, count]) => `${victim} ${count}`).join(', '),
      'DONE in the table': rows.filter(({ status }) => status === 'DONE').length,
      'lost (accepted, not DONE)': lost.length,
      'doubled (more than one event)': doubled.length,
      'DONE without its output': missing.length,
      'clips with different MP3s': damaged.length,
      'jobs with more than one attempt': rows.filter(({ attempt }) => attempt > 1).length,
      'orphaned outputs, sources (the sweep removes them after a day)': (await orphans(objects, rows)).join(', '),
    });
    const isClean = [lost, doubled, missing, damaged].every((found) => found.length === 0);
    expect({ lost, doubled, missing, damaged, isClean }).toMatchObject({ isClean: true });
    expect(rows.filter(({ status }) => status !== 'DONE')).toEqual([]);
  } finally {
    await campaign.stop();
  }
});

/** The encoder is deterministic, so all jobs of a clip have the same bytes. */
function sumsOf({ accepted }: Campaign, rows: ReadonlyMap<string, JobRow>, clip: string): Set<string | null> {
  const ofClip = accepted.filter((job) => job.clip === clip);
  return new Set(ofClip.map(({ id }) => rows.get(id)?.output_sha256 ?? null));
}

async function missingOutputs(objects: string, rows: readonly JobRow[]): Promise<string[]> {
  const stored = new Set(await outputs(objects));
  return rows.filter(({ output_key: key }) => !stored.has(key ?? '')).map(({ id }) => id);
}

async function outputs(objects: string): Promise<string[]> {
  const names = await readdir(join(objects, 'output'), { recursive: true, withFileTypes: true });
  return names
    .filter((name) => name.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(objects.length + 1));
}

async function orphans(objects: string, rows: readonly JobRow[]): Promise<[outputs: number, sources: number]> {
  const [keys, ids] = [new Set(rows.map((row) => row.output_key)), new Set(rows.map(({ id }) => id))];
  const sources = await readdir(join(objects, 'source'));
  return [(await outputs(objects)).filter((key) => !keys.has(key)).length, sources.filter((id) => !ids.has(id)).length];
}
