import { join } from 'node:path';
import { converterPath, makeClip } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { framesOf } from './support/formats/trial.js';
import { ServiceUnderTest } from './support/service-under-test.js';

let service: ServiceUnderTest;

beforeAll(async () => {
  service = await ServiceUnderTest.start({ env: { FFMPEG_PATH: converterPath() } });
});

afterAll(() => service?.stop());

it('a worker that gets the folder of the lean ffmpeg converts with a program of it', async () => {
  const user = await service.signIn();
  const job = await user.ended((await user.upload(await makeClip())).id);
  expect(job).toMatchObject({ status: 'DONE', encoding: 'encoded', attempt: 1 });
  expect(framesOf(await user.download(job.id)).length).toBeGreaterThan(0);
  expect(await service.workers[0]?.log()).toContain(`Conversions run ${join(converterPath(), 'ffmpeg')}`);
});
