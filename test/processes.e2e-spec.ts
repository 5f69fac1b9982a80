import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { makeClip, testSetprivPath, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import type { AppName } from './support/app-process.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** Runs a program without user namespaces and with the setpriv in the folder `$0`. */
const WITHOUT_NAMESPACES = `
  echo 0 > /proc/sys/user/max_user_namespaces
  cp "$(command -v setpriv)" "$0/real"
  mount --bind "$0/setpriv" "$(command -v setpriv)"
  exec "$@"`;
/** A setpriv that cannot load system call filters, like older versions. */
const OLD_SETPRIV = 'case " $* " in *" --seccomp-filter "*) exit 1 ;; esac; exec "$folder/real" "$@"';
const setprivPath = testSetprivPath();
const SECRET_KEY = randomBytes(32).toString('hex');
const REQUEST_ID = `request-${randomBytes(8).toString('hex')}`;

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly process: string;
  readonly request_id?: string;
  readonly job_id?: string;
}

describe('the processes of a production service', () => {
  let service: ServiceUnderTest;
  let user: ApiClient;
  let clip: string;

  beforeAll(async () => {
    clip = await makeClip({ seconds: 2 });
    service = await ServiceUnderTest.start({ env: { ENV: 'production', SECRET_KEY } });
    user = await service.signIn();
  });
  afterAll(() => service?.stop());

  it.each<{ app: AppName; env: Record<string, string>; says: string[] }>([
    {
      app: 'api',
      env: { SECRET_KEY: 'change-me-change-me-change-me-change-me' },
      says: ['SECRET_KEY is a sample value'],
    },
    { app: 'api', env: { SECRET_KEY: 'tooshort' }, says: ['SECRET_KEY must have at least 32 bytes'] },
    { app: 'worker', env: { FAILPOINTS_DIRECTORY: '/tmp' }, says: ['FAILPOINTS_DIRECTORY must not be set'] },
    { app: 'api', env: { FAILPOINTS_DIRECTORY: '/tmp' }, says: ['FAILPOINTS_DIRECTORY must not be set'] },
    {
      app: 'api',
      env: { PORT: 'http', DATABASE_URL: 'mysql://db', RABBITMQ_URL: '', MAX_ATTEMPTS: '0', SECRET_KEY: '' },
      says: ['PORT', 'DATABASE_URL', 'RABBITMQ_URL', 'MAX_ATTEMPTS', 'SECRET_KEY'],
    },
    { app: 'worker', env: { WORKER_CONCURRENCY: 'many', SANDBOX: 'no' }, says: ['WORKER_CONCURRENCY', 'SANDBOX'] },
    { app: 'worker', env: { FFMPEG_PATH: '/no/such/ffmpeg', SANDBOX: 'relaxed' }, says: ['FFMPEG_PATH'] },
  ])('do not start with a wrong configuration: $app $env', async ({ app, env, says }) => {
    const rejected = service.startApp(app, env);
    expect(await rejected.ended()).toEqual({ code: 1, signal: null });
    const log = await rejected.log();
    for (const sentence of says) expect(log).toContain(`  - ${sentence}`);
    // Sentences, not stack traces.
    expect(log).not.toMatch(/^ +at /m);
  });

  it('report that their port is in use', async () => {
    const second = service.startApp('api');
    expect(await second.ended()).toEqual({ code: 1, signal: null });
    expect(await second.log()).toContain(`PORT ${service.port} is in use on 127.0.0.1`);
  });

  it('convert nothing if ffmpeg cannot be contained, unless SANDBOX=relaxed', async () => {
    const launcher = await withoutNamespaces(OLD_SETPRIV);
    const rejected = service.startApp('worker', {}, launcher);
    expect(await rejected.ended()).toEqual({ code: 1, signal: null });
    expect(await rejected.log()).toContain('SANDBOX=relaxed');

    const relaxed = service.startApp('worker', { SANDBOX: 'relaxed' }, launcher);
    const { checks } = await service.readiness(await service.healthUrlOf(relaxed));
    expect(checks['sandbox']).toMatchObject({ status: 'up', detail: expect.stringContaining('none: ') as string });
    expect(await relaxed.stop()).toBe(0);
  });

  it.skipIf(setprivPath === null)('contain ffmpeg without user namespaces', async () => {
    const worker = service.startApp('worker', {}, await withoutNamespaces(`exec "${setprivPath}" "$@"`));
    const { checks } = await service.readiness(await service.healthUrlOf(worker));
    expect(checks['sandbox']).toMatchObject({ status: 'up', detail: expect.stringMatching(/^seccomp/) as string });
    expect(await worker.stop()).toBe(0);
  });

  it('are not ready without space for the files of a job', async () => {
    const worker = service.startApp('worker', { WORK_DIRECTORY: clip });
    const { checks } = await service.readiness(await service.healthUrlOf(worker));
    expect(checks['work_directory']).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('set WORK_DIRECTORY') as string,
    });
    expect(await worker.stop()).toBe(0);
  });

  it('log the id of a request as JSON, through the broker, to the end of its job', async () => {
    const { id } = await user.upload(clip, 'clip.mp4', { 'x-request-id': REQUEST_ID });
    await user.ended(id);
    const ofJob = (await lines()).filter((line) => line.job_id === id);
    expect(new Set(ofJob.map(({ process }) => process))).toEqual(new Set(['api', 'worker']));
    for (const line of ofJob) expect(line.request_id).toBe(REQUEST_ID);
    expect(ofJob.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['Upload accepted', 'Converted']));
  });

  it('finish the uploads in progress and shut down on SIGTERM', async () => {
    const { answer, finish } = await beginUpload();
    service.api.signal('SIGTERM');
    await waitFor(
      () =>
        service.readiness().then(
          () => false,
          () => true,
        ),
      { what: 'the api to refuse connections' },
    );
    finish();
    expect((await answer).statusCode).toBe(202);
    expect(await service.api.ended()).toEqual({ code: 0, signal: null });
    expect(await service.workers[0]?.stop()).toBe(0);
  });

  it('log no secret', async () => {
    const log = await service.logs();
    const passwords = [service.databaseUrl, service.rabbitmqUrl].map((url) => new URL(url).password);
    expect(log).toContain('Upload accepted');
    for (const secret of [SECRET_KEY, user.token, user.password, ...passwords]) {
      expect(secret.length).toBeGreaterThan(8);
      expect(log).not.toContain(secret);
    }
  });

  async function withoutNamespaces(setpriv: string): Promise<string[]> {
    const folder = await mkdtemp(join(service.folder, 'setpriv-'));
    await writeFile(join(folder, 'setpriv'), `#!/bin/sh\nfolder=${folder}\n${setpriv}\n`, { mode: 0o755 });
    return ['unshare', '-r', '-m', 'sh', '-c', WITHOUT_NAMESPACES, folder];
  }

  async function lines(): Promise<LogLine[]> {
    const text = await service.logs();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Starts an upload whose last bytes are held back. */
  async function beginUpload(): Promise<{ answer: Promise<IncomingMessage>; finish: () => void }> {
    const video = await readFile(clip);
    const upload = request(`${service.baseUrl}/media/upload`, {
      method: 'POST',
      headers: { ...user.headers, 'content-type': 'multipart/form-data; boundary=x', 'transfer-encoding': 'chunked' },
    });
    const answer = once(upload, 'response').then(([response]) => response as IncomingMessage);
    upload.write('--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n');
    upload.write(video.subarray(0, -1));
    const incoming = join(service.folder, 'objects/.incoming');
    await waitFor(async () => (await readdir(incoming)).length > 0, { what: 'the upload to arrive' });
    return { answer, finish: () => upload.end(Buffer.concat([video.subarray(-1), Buffer.from('\r\n--x--\r\n')])) };
  }
});
