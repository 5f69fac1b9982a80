import { Client } from 'pg';
import { OwnDatabase, makeClip, testServices } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { ServiceUnderTest, type StorageKind } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';

const ROUNDS = 11;
const STEPS = ['broker', 'claim', 'fetch', 'prepare', 'encode', 'verify', 'store', 'finish'] as const;

type Steps = Readonly<Record<(typeof STEPS)[number], number>>;

describe.each<StorageKind>(['directory', 'minio'])('the path of a 3 s clip, storage: %s', (storage) => {
  it.skipIf(storage === 'minio' && testServices().minio === null)(`the steps of ${ROUNDS} jobs`, async () => {
    // Durable, as in production, because the shared server of the tests does not wait for its disk.
    const database = await OwnDatabase.start();
    const service = await ServiceUnderTest.start({ storage, databaseUrl: database.url, env: { LOG_LEVEL: 'info' } });
    const user = await service.signIn();
    const clip = await makeClip({ seconds: 3 });
    const ids: string[] = [];
    // The first job warms up.
    for (let i = 0; i <= ROUNDS; i += 1) {
      const { id } = await user.ended((await user.upload(clip)).id);
      if (i > 0) ids.push(id);
    }
    const steps = stepsOf(await service.logs(service.workers), ids);
    expect(steps).toHaveLength(ROUNDS);
    const { dispatch, whole } = await databaseTimes(database.url, ids, steps);
    report(`A 3 s clip, storage: ${storage}, median of ${ROUNDS}, ms`, {
      'commit → message sent': median(dispatch),
      ...Object.fromEntries(STEPS.map((step) => [step, median(steps.map((each) => each[step]))])),
      'commit → DONE': median(whole),
    });
    await service.stop();
    await database.remove();
  });
});

/** The log line of the worker for each job. */
function stepsOf(log: string, ids: readonly string[]): Steps[] {
  const lines = log.split('\n');
  return ids.flatMap((id) => {
    const line = lines.find((each) => each.includes(id) && each.includes('steps_ms'));
    const [, steps] = /"steps_ms":({[^}]*})/.exec(line ?? '') ?? [];
    return steps === undefined ? [] : [JSON.parse(steps) as Steps];
  });
}

/** By the clock of the database. What is neither the broker nor the worker until the claim is the dispatch. */
async function databaseTimes(
  url: string,
  ids: readonly string[],
  steps: readonly Steps[],
): Promise<{ dispatch: number[]; whole: number[] }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ claimed: number; whole: number }>(
    `SELECT 1000 * extract(epoch FROM started_at - created_at)::float8 AS claimed,
            1000 * extract(epoch FROM finished_at - created_at)::float8 AS whole
     FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place) JOIN conversion_jobs USING (id) ORDER BY place`,
    [ids],
  );
  await client.end();
  const dispatch = rows.map(({ claimed }, index) => claimed - (steps[index]?.broker ?? NaN));
  return { dispatch, whole: rows.map(({ whole }) => whole) };
}
