import { makeClip } from '@app/testing';
import { expect, it } from 'vitest';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { report } from './support/figures.js';

const UPLOADS = 50;

it(`${UPLOADS} uploads at once, two workers`, async () => {
  const service = await ServiceUnderTest.start({
    workers: 2,
    env: { LOG_LEVEL: 'info', MAX_OPEN_UPLOADS_PER_USER: String(UPLOADS) },
  });
  const user = await service.signIn();
  const clips = await Promise.all([3, 4, 5, 6, 7].map((seconds) => makeClip({ seconds })));
  const startedAt = performance.now();
  const jobs = await Promise.all(
    Array.from({ length: UPLOADS }, async (_, i) => {
      const clip = clips[i % clips.length] ?? '';
      const { id } = await user.upload(clip, `clip ${i} 🎬.mp4`);
      return { clip, job: await user.ended(id) };
    }),
  );
  report(`${UPLOADS} uploads at once`, { 'seconds until all were done': (performance.now() - startedAt) / 1000 });
  expect(jobs.map(({ job }) => job.status)).toEqual(Array.from({ length: UPLOADS }, () => 'DONE'));
  for (const clip of clips) {
    const sums = jobs.filter((entry) => entry.clip === clip).map(({ job }) => job.output_sha256);
    expect(new Set(sums).size).toBe(1);
  }
  await service.stop();
});
