import { waitFor } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeTranscoder } from '../../test/fake-transcoder.js';
import { WorkerUnderTest } from '../../test/worker-under-test.js';

let worker: WorkerUnderTest;

beforeAll(async () => {
  worker = await WorkerUnderTest.prepare();
});
afterAll(() => worker.remove());

const registered = (): Promise<object[]> => worker.fixture.database.rows('SELECT owner, slots FROM workers');

it('registers the slots of a worker, again if its row is lost, until it shuts down', async () => {
  await worker.start(new FakeTranscoder(), { concurrency: 3 });
  const row = { owner: worker.ownerLock.owner, slots: 3 };
  await waitFor(async () => (await registered()).length === 1, { what: 'the registration' });
  expect(await registered()).toEqual([row]);
  await worker.fixture.database.rows('DELETE FROM workers');
  await waitFor(async () => (await registered()).length === 1, { what: 'the next registration' });
  expect(await registered()).toEqual([row]);
  await worker.app.close();
  expect(await registered()).toEqual([]);
});
