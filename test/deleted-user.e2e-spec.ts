import { makeClip, waitFor } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../tools/services/free-port.mjs';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await ServiceUnderTest.start({ workers: 0 });
});
afterAll(() => service?.stop());

it('a deleted user is out on every api, also on one that has verified the token', async () => {
  const port = await freePort(undefined);
  const second = service.startApp('api', { PORT: String(port) });
  const urls = [service.baseUrl, `http://127.0.0.1:${port}`];
  await waitFor(async () => (await service.readiness(urls[1])).httpStatus === 200, { what: 'the second api' });
  const user = await service.signIn();
  const { id } = await user.upload(await makeClip({ seconds: 1 }));
  const answers = async (path: string): Promise<number[]> => {
    const responses = await Promise.all(urls.map((url) => fetch(`${url}${path}`, { headers: user.headers })));
    return responses.map(({ status }) => status);
  };
  const paths = [`/media/${id}/status`, '/auth/me'];
  for (const path of [...paths, ...paths]) expect(await answers(path)).toEqual([200, 200]);

  const rows = new JobRows(service.databaseUrl);
  await rows.query('DELETE FROM users WHERE username = $1', [user.username]);
  // Each request uses the token again: that must not keep the user alive.
  for (const path of paths) {
    await waitFor(async () => (await answers(path)).every((status) => status === 401), { what: `a 401 at ${path}` });
  }
  await rows.close();
  await second.stop();
});
