import { randomUUID } from 'node:crypto';
import { createTestDatabase, FaultProxy, testServices, waitFor } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../test/api-under-test.js';

interface Report {
  status: string;
  checks: Record<string, { status: string; required: boolean; detail?: string }>;
}

async function readiness(api: ApiUnderTest): Promise<{ httpStatus: number; report: Report }> {
  const response = await api.fetch('/health/ready');
  return { httpStatus: response.status, report: (await response.json()) as Report };
}

describe('an api without anything that it needs', () => {
  it('starts, says what is missing, and answers at once', async () => {
    const api = await ApiUnderTest.start({
      variables: {
        DATABASE_URL: 'postgresql://nobody:nothing@127.0.0.1:1/none',
        RABBITMQ_URL: 'amqp://nobody:nothing@127.0.0.1:1/',
        STORAGE_DIRECTORY: '/nowhere/at/all',
      },
    });
    try {
      const { httpStatus, report } = await readiness(api);
      expect(httpStatus).toBe(503);
      expect(report.status).toBe('unavailable');
      expect(report.checks).toMatchObject({
        database: { status: 'down', required: true },
        broker: { status: 'down', required: true },
        storage: { status: 'down', required: true, detail: expect.not.stringContaining('/nowhere') },
        workers: { status: 'down', required: false },
      });
      expect((await api.fetch('/health/live')).status).toBe(200);

      const login = await api.postJson('/auth/login', { username: 'ada', password: 'correct horse' });
      expect(login.status).toBe(503);
      expect(login.headers.get('retry-after')).toBe('5');
      expect(await login.json()).toMatchObject({ code: 'database_unavailable' });
    } finally {
      await api.stop();
    }
  });
});

describe('an api whose database goes away', () => {
  it('answers 503 while it is gone or frozen, and recovers by itself', async () => {
    const database = new URL(testServices().databaseUrl);
    const proxy = await FaultProxy.start(database.hostname, Number(database.port));
    const testDatabase = await createTestDatabase();
    const api = await ApiUnderTest.start({ variables: { DATABASE_URL: proxy.via(testDatabase.url) }, migrate: true });
    try {
      const { headers } = await api.signIn('ada');
      // Reads the job each time; the user of a token is known for some seconds.
      const unknownJob = async (): Promise<number> =>
        (await api.fetch(`/media/${randomUUID()}/status`, { headers })).status;
      await proxy.refuse();
      proxy.cut();
      await waitFor(async () => (await readiness(api)).report.checks['database']?.status === 'down');
      expect(await unknownJob()).toBe(503);

      await proxy.refuse(false);
      await waitFor(async () => (await readiness(api)).report.checks['database']?.status === 'up');
      expect(await unknownJob()).toBe(404);

      proxy.hold();
      expect(await unknownJob()).toBe(503);
      proxy.release();
      await waitFor(async () => (await unknownJob()) === 404);
    } finally {
      await api.stop();
      await proxy.close();
      await testDatabase.drop();
    }
  });
});
