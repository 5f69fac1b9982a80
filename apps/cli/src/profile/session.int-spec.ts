import { readdir, readFile, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { waitFor } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientUnderTest } from '../../test/client-under-test.js';
import { problem, ServiceStub, type StubRequest } from '../../test/service-stub.js';

let service: ServiceStub;
let client: ClientUnderTest;

beforeEach(async () => {
  service = await ServiceStub.start();
  client = await ClientUnderTest.create(service.url);
});
afterEach(async () => {
  await Promise.all([service.stop(), client.remove()]);
});

/** The addresses of the service on which no account is made. */
const elsewhere = (): string => `http://0.0.0.0:${service.port}`;

async function keptFiles(): Promise<string[]> {
  const names = await readdir(client.configFolder).catch(() => []);
  return names.map((name) => join(client.configFolder, name));
}

async function kept(): Promise<string> {
  const [file = '', ...others] = await keptFiles();
  expect(others).toEqual([]);
  return readFile(file, 'utf8');
}

describe('on a service of this machine', () => {
  it('an account is created once, and saved where only its owner can read it', async () => {
    const first = await client.run([await client.video('a.mp4')]);
    expect(first).toMatchObject({ exitCode: 0, errors: '' });
    expect(first.output).toContain(`Created an account for you at ${service.url}, saved in ${client.configFolder}`);
    const second = await client.run([await client.video('b.mp4')]);
    expect(second.exitCode).toBe(0);
    expect(second.output).not.toContain('account');

    expect(service.accounts.size).toBe(1);
    const [[username = '', password = ''] = []] = service.accounts;
    expect(JSON.parse(await kept())).toMatchObject({ url: service.url, username, password });
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect((await stat(client.configFolder)).mode & 0o777).toBe(0o700);
    expect(await Promise.all((await keptFiles()).map(async (file) => (await stat(file)).mode & 0o777))).toEqual([
      0o600,
    ]);
  });

  it('two first commands at the same time keep one account', async () => {
    const videos = [await client.video('a.mp4'), await client.video('b.mp4')];
    const ends = await Promise.all(videos.map((video) => client.run([video])));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const { username } = JSON.parse(await kept()) as { username: string };
    expect(service.accounts.has(username)).toBe(true);
    expect(ends.filter(({ output }) => output.includes('Created an account'))).toHaveLength(1);
  });

  it('signs in again by itself when the token has expired, in the middle of the work too', async () => {
    await client.run([await client.video('a.mp4')]);
    service.tokens.clear();
    service.next('GET /media/', (_request, response) => {
      service.tokens.clear();
      return problem(response, 401, 'unauthorized', 'Sign in first.');
    });
    const videos = await Promise.all(['b.mp4', 'c.mp4', 'd.mp4'].map((name) => client.video(name)));
    expect(await client.run(videos)).toMatchObject({ exitCode: 0 });
    expect(service.accounts.size).toBe(1);
    // One for each time that the token was lost, however many files needed it.
    expect(service.count('POST /auth/login')).toBe(1 + 2);
  });

  it('signs in once for a file if the response about an expired token is late', async () => {
    await client.run([await client.video('a.mp4'), await client.video('b.mp4')]);
    const expire = (response: ServerResponse): true => problem(response, 401, 'unauthorized', 'Sign in first.');
    service.next('GET /media/', (_request, response) => {
      service.tokens.clear();
      return expire(response);
    });
    service.next('GET /media/', async (_request, response) => {
      const isRenewed = ({ headers }: StubRequest): boolean =>
        service.tokens.has(headers.authorization?.replace('Bearer ', '') ?? '');
      await waitFor(() => service.requests.some(isRenewed));
      return expire(response);
    });
    const logins = service.count('POST /auth/login');
    expect(await client.run(['download', ...service.jobs.keys(), '--out', client.path('out')])).toMatchObject({
      exitCode: 0,
    });
    expect(service.count('POST /auth/login')).toBe(logins + 1);
  });

  it('creates a new account if the service has forgotten the old one', async () => {
    await client.run([await client.video('a.mp4')]);
    service.accounts.clear();
    service.tokens.clear();
    expect(await client.run([await client.video('b.mp4')])).toMatchObject({ exitCode: 0 });
    const { username } = JSON.parse(await kept()) as { username: string };
    expect([...service.accounts.keys()]).toEqual([username]);
  });

  it('says where to get an account if sign-up is disabled', async () => {
    service.next('POST /auth/register', (_request, response) => problem(response, 403, 'registration_closed', 'No.'));
    const { exitCode, errors } = await client.run([await client.video()]);
    expect(exitCode).toBe(3);
    expect(errors).toContain('npm run user:add');
    expect(errors).toContain('video-to-mp3 login');
    expect(await keptFiles()).toEqual([]);
  });
});

describe('on another service', () => {
  it('no account is created: it asks to sign in', async () => {
    const { exitCode, errors } = await client.run(['--url', elsewhere(), await client.video()]);
    expect(exitCode).toBe(3);
    expect(errors).toContain(`You are not signed in. Sign in: video-to-mp3 login --url ${elsewhere()}`);
    expect(service.requests).toEqual([]);
  });

  it('warns that others can read http', async () => {
    expect((await client.run(['login', '--url', elsewhere()], 'ada\nwrong\n')).errors).toContain('not encrypted');
    expect((await client.run(['login'], 'ada\nwrong\n')).errors).not.toContain('not encrypted');
  });

  it('saves the token of a user who signs in, and not the password', async () => {
    service.accounts.set('ada', 'correct horse battery');
    const login = await client.run(['login', '--url', elsewhere(), '--user', 'ada'], 'correct horse battery\n');
    expect(login).toMatchObject({ exitCode: 0 });
    expect(login.output).toContain(`Signed in at ${elsewhere()}`);
    expect(await kept()).not.toContain('correct horse battery');
    const [file = ''] = await keptFiles();
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const { exitCode, output, errors } = await client.run(['--url', elsewhere(), await client.video()]);
    expect(exitCode).toBe(0);
    const [token = ''] = service.tokens;
    expect(login.output + login.errors + output + errors).not.toContain(token);
    expect(await client.run(['--url', elsewhere(), 'logout'])).toMatchObject({ exitCode: 0 });
    expect(await keptFiles()).toEqual([]);
  });

  it('asks to sign in again when the token has expired', async () => {
    service.accounts.set('ada', 'correct horse battery');
    await client.run(['login', '--url', elsewhere()], 'ada\ncorrect horse battery\n');
    service.tokens.clear();
    const { exitCode, errors } = await client.run(['--url', elsewhere(), await client.video()]);
    expect(exitCode).toBe(3);
    expect(errors).toContain(`Your sign-in has expired. Sign in again: video-to-mp3 login --url ${elsewhere()}`);
    expect(service.count('POST /media/upload')).toBe(0);
  });

  it('says what is wrong with a login', async () => {
    const wrong = await client.run(['login'], 'ada\nwrong\n');
    expect(wrong).toMatchObject({
      exitCode: 3,
      errors: 'The username or the password is wrong. (invalid_credentials)\n',
    });
    const half = await client.run(['login'], 'ada\n');
    expect(half).toMatchObject({ exitCode: 2 });
    expect(half.errors).toContain('each on its own line');
    expect(await keptFiles()).toEqual([]);
  });

  it('has no token for any other service', async () => {
    await client.run([await client.video('a.mp4')]);
    await client.run(['--url', elsewhere(), await client.video('b.mp4')]);
    expect(service.requests.filter(({ headers }) => headers.host?.startsWith('0.0.0.0'))).toEqual([]);
  });
});
