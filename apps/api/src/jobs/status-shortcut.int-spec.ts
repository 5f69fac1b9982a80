import { randomUUID } from 'node:crypto';
import { OwnedJobRepository } from '@app/database';
import { waitFor } from '@app/testing';
import { JwtService } from '@nestjs/jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aForm, ApiUnderTest, TEST_SECRET } from '../../test/api-under-test.js';
import { JobsService } from './jobs.service.js';

/** These differ from answer to answer. */
const OWN_HEADERS = ['date', 'x-request-id'];

describe('the status of a job', () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await ApiUnderTest.start();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => api.stop());

  async function aJob(): Promise<{ id: string; userId: number; headers: { Authorization: string } }> {
    const { id: userId, headers } = await api.signIn(`user-${randomUUID().slice(0, 8)}`);
    const uploaded = await api.upload(aForm(), headers);
    const { id } = (await uploaded.json()) as { id: string };
    return { id, userId, headers };
  }

  async function answerOf(response: Response): Promise<object> {
    const headers = Object.fromEntries([...response.headers].filter(([name]) => !OWN_HEADERS.includes(name)));
    return { status: response.status, headers, body: await response.text() };
  }

  it('is answered without the controller, and just as it answers', async () => {
    const { id, headers } = await aJob();
    // Only the controller calls it.
    const controller = vi.spyOn(api.app.get(JobsService), 'getShown');
    const status = (url: string): Promise<Response> => api.fetch(url, { headers });
    const long = await answerOf(await status(`/media/${id.toUpperCase()}/status`));
    expect(controller).toHaveBeenCalledTimes(1);
    const short = await answerOf(await status(`/media/${id}/status`));
    expect(controller).toHaveBeenCalledTimes(1);
    expect(short).toEqual(long);
  });

  it('is not shown to another user, nor for an unknown job or another method', async () => {
    const { id, headers } = await aJob();
    const stranger = await aJob();
    expect((await api.fetch(`/media/${id}/status`, { headers: stranger.headers })).status).toBe(404);
    expect((await api.fetch(`/media/${randomUUID()}/status`, { headers })).status).toBe(404);
    expect((await api.fetch(`/media/${id}/status`, { method: 'DELETE', headers })).status).toBe(405);
  });

  it('is left to the controller while the database does not answer', async () => {
    const { id, headers } = await aJob();
    vi.spyOn(OwnedJobRepository.prototype, 'findShown').mockRejectedValueOnce(new Error('away'));
    expect((await api.fetch(`/media/${id}/status`, { headers })).status).toBe(200);
  });

  it('ends with the token', async () => {
    const { id, userId } = await aJob();
    const jwt = new JwtService({ secret: TEST_SECRET });
    const claims = { issuer: 'video-to-mp3', audience: 'video-to-mp3-api', subject: String(userId), expiresIn: 3 };
    const headers = { Authorization: `Bearer ${jwt.sign({}, claims)}` };
    const status = async (): Promise<number> => (await api.fetch(`/media/${id}/status`, { headers })).status;
    await waitFor(async () => (await status()) === 401, { what: 'the end of the token' });
  });

  it.each(['/auth/me', 'status'])(
    'and the account end for a deleted user, however often the token is used: %s',
    async (path) => {
      const { id, userId, headers } = await aJob();
      const url = path === 'status' ? `/media/${id}/status` : path;
      const answer = async (): Promise<number> => (await api.fetch(url, { headers })).status;
      expect([await answer(), await answer()]).toEqual([200, 200]);
      await api.database.query('DELETE FROM users WHERE id = $1', [userId]);
      await waitFor(async () => (await answer()) === 401, { what: 'the end of the account' });
    },
  );
});
