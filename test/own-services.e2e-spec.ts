import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, createVirtualHost, testServices, type TestDatabase, type VirtualHost } from '@app/testing';
import { endMarkedProcesses, markedProcesses } from '../tools/processes/marked-processes.mjs';
import { readRecords } from '../tools/processes/process-ledger.mjs';
import { freePort } from '../tools/services/free-port.mjs';
import { NpmStart } from './support/npm-start.js';
import { ProjectCopy } from './support/project-copy.js';

const MARK = 'OWN_SERVICES_TEST';
const mark = randomUUID();

describe('npm start with services of the user', () => {
  let project: ProjectCopy;
  let database: TestDatabase;
  let virtualHost: VirtualHost;
  let port: number;

  beforeAll(async () => {
    [project, database, virtualHost] = await Promise.all([
      ProjectCopy.create('own services'),
      createTestDatabase(),
      createVirtualHost(),
    ]);
    port = await freePort(undefined);
    const settings = {
      DATABASE_URL: database.url,
      RABBITMQ_URL: virtualHost.url,
      STORAGE_DIRECTORY: project.path('my objects'),
      SMTP_URL: 'smtp://127.0.0.1:1025',
      MAIL_FROM: 'me@example.com',
      PORT: String(port),
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(project.path('.env'), lines.join(''));
  });
  afterEach(() => endMarkedProcesses(MARK, mark));
  afterAll(async () => {
    await Promise.all([project?.remove(), database?.drop(), virtualHost?.remove()]);
  });

  const start = (env: Readonly<Record<string, string>> = {}): NpmStart =>
    new NpmStart(project.folder, { [MARK]: mark, FFMPEG_PATH: testServices().ffmpegPath, ...env });

  it('uses the services of .env, and does not start its own', async () => {
    const running = start();
    await running.says(`ready: http://127.0.0.1:${port}`);
    expect(readRecords(project.path('.data/processes.json')).map(({ name }) => name)).toEqual([
      'api',
      'worker',
      'notifier',
    ]);
    running.pressCtrlC();
    await running.ended;
  });

  it('says what to do if the database rejects the password', async () => {
    const rejected = Object.assign(new URL(database.url), { password: 'wrong' });
    const { output, exitCode } = await ending(start({ DATABASE_URL: rejected.href }));
    expect(output).toContain(`The database at ${rejected.host} rejects the user name or password: check DATABASE_URL.`);
    expect(output).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(1);
    expect(markedProcesses(`${MARK}=${mark}`)).toEqual([]);
  });

  it('says what to do if the port is in use', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { output, exitCode } = await ending(start());
    await new Promise((resolve) => other.close(resolve));
    expect(output).toContain(`Port ${port} is in use by another program. Choose another: PORT=${port + 1} npm start`);
    expect(exitCode).toBe(1);
  });
});

async function ending(started: NpmStart): Promise<{ output: string; exitCode: number | null }> {
  const exitCode = await started.ended;
  return { output: started.output, exitCode };
}
