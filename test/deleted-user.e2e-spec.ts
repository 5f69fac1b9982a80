import { makeClip, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../tools/services/free-port.mjs';
import type { ApiClient } from './support/api-client.js';
import type { AppProcess } from './support/app-process.js';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** A user of two api processes, both of which have verified the token. */
interface Scene {
  readonly user: ApiClient;
  readonly paths: readonly string[];
  /** Returns the status of each api. */
  answers(path: string, headers?: Record<string, string>): Promise<number[]>;
}

describe('on every api, also on one that has verified the token,', () => {
  let service: ServiceUnderTest;
  let second: AppProcess;
  let urls: string[];

  beforeAll(async () => {
    service = await ServiceUnderTest.start({ workers: 0 });
    const port = await freePort(undefined);
    second = service.startApp('api', { PORT: String(port) });
    urls = [service.baseUrl, `http://127.0.0.1:${port}`];
    await waitFor(async () => (await service.readiness(urls[1])).httpStatus === 200, { what: 'the second api' });
  });
  afterAll(async () => {
    await second?.stop();
    await service?.stop();
  });

  async function aScene(): Promise<Scene> {
    const user = await service.signIn();
    const { headers: own } = user;
    const { id } = await user.upload(await makeClip({ seconds: 1 }));
    const answers = async (path: string, headers = own): Promise<number[]> => {
      const responses = await Promise.all(urls.map((url) => fetch(`${url}${path}`, { headers })));
      return responses.map(({ status }) => status);
    };
    const paths = [`/media/${id}/status`, '/auth/me'];
    for (const path of [...paths, ...paths]) expect(await answers(path)).toEqual([200, 200]);
    return { user, paths, answers };
  }

  /** Each request uses the token again: that must not keep it alive. */
  async function expectEnd({ paths, answers }: Scene): Promise<void> {
    for (const path of paths) {
      await waitFor(async () => (await answers(path)).every((status) => status === 401), { what: `a 401 at ${path}` });
    }
  }

  it('a deleted user is out', async () => {
    const scene = await aScene();
    const rows = new JobRows(service.databaseUrl);
    await rows.query('DELETE FROM users WHERE username = $1', [scene.user.username]);
    await rows.close();
    await expectEnd(scene);
  });

  it('a new password ends the token, and the new token is valid at once', async () => {
    const scene = await aScene();
    const { user, paths, answers } = scene;
    const passwords = { current_password: user.password, new_password: crypto.randomUUID() };
    const { access_token: token } = await user.json<{ access_token: string }>('POST', '/auth/password', passwords);
    for (const path of paths) expect((await answers(path))[0]).toBe(401);
    for (const path of paths) expect(await answers(path, { authorization: `Bearer ${token}` })).toEqual([200, 200]);
    await expectEnd(scene);
  });
});
