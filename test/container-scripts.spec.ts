import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readEnvironment } from '@app/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretKeyEnv } from '@app/secrets';

const ROOT = join(import.meta.dirname, '..');

/** MinIO rejects a longer password of an account. */
const MAX_MINIO_PASSWORD = 40;

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: tmpdir() },
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` });
    });
  });
}

let folder: string;
let envFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'containers-'));
  envFile = join(folder, '.env');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const initialize = (): Promise<Ended> => run('sh', ['deploy/env-init.sh', envFile]);
const secrets = async (): Promise<Record<string, string>> =>
  parseEnv(await readFile(envFile, 'utf8')) as Record<string, string>;

describe('deploy/env-init.sh', () => {
  it('writes random secrets that production and the stores accept, readable only by their owner', async () => {
    expect(await initialize()).toMatchObject({ code: 0 });
    const first = await secrets();
    expect((await stat(envFile)).mode & 0o777).toBe(0o600);
    expect(() => readEnvironment([SecretKeyEnv], { ...first, ENV: 'production' })).not.toThrow();
    const values = Object.values(first);
    // They are also used in URLs.
    expect(values.filter((value) => !/^[\da-f]{40,}$/.test(value))).toEqual([]);
    expect(new Set(values).size).toBe(values.length);
    const { STORAGE_SECRET_KEY = '', MINIO_ROOT_PASSWORD = '' } = first;
    expect([STORAGE_SECRET_KEY, MINIO_ROOT_PASSWORD].map(({ length }) => length <= MAX_MINIO_PASSWORD)).toEqual([
      true,
      true,
    ]);
    await rm(envFile);
    await initialize();
    expect(Object.values(await secrets()).filter((value) => values.includes(value))).toEqual([]);
  });

  it('never changes a file that exists', async () => {
    await writeFile(envFile, 'SECRET_KEY=of-the-operator\nSTORAGE_SECRET_KEY=\n');
    const before = await readFile(envFile, 'utf8');
    const { code, output } = await initialize();
    expect(code).toBe(1);
    expect(output).toMatch(/lacks POSTGRES_PASSWORD .*STORAGE_SECRET_KEY\./);
    expect(output).toMatch(/exists.*\n.*sh deploy\/env-init\.sh new\.env, then copy the lines that yours lacks/);
    expect(await readFile(envFile, 'utf8')).toBe(before);
  });

  it('can run again', async () => {
    await initialize();
    const before = await readFile(envFile, 'utf8');
    expect(await initialize()).toMatchObject({ code: 0, output: expect.stringContaining('nothing was changed') });
    expect(await readFile(envFile, 'utf8')).toBe(before);
  });
});

describe('deploy/health-check.mjs', () => {
  let server: Server;
  let url: string;
  let status: number;

  beforeEach(async () => {
    server = createServer((_, response) => response.writeHead(status).end('{"status":"shown"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/ready`;
  });

  afterEach(() => server.close());

  const check = (): Promise<Ended> => run(process.execPath, ['deploy/health-check.mjs', url]);

  it('exits with 0 if the process is ready', async () => {
    status = 200;
    expect(await check()).toEqual({ code: 0, output: '200 {"status":"shown"}\n' });
  });

  it('exits with 1 if it is not ready, and shows why', async () => {
    status = 503;
    expect(await check()).toEqual({ code: 1, output: '503 {"status":"shown"}\n' });
  });

  it('exits with 1 if nothing answers', async () => {
    server.close();
    const { code, output } = await check();
    expect(code).toBe(1);
    expect(output).toContain(`${url} does not answer: connect ECONNREFUSED`);
  });
});

describe('deploy/minio/create-user.sh', () => {
  const account = { STORAGE_ENDPOINT: 'minio:9000', STORAGE_ACCESS_KEY: 'video-to-mp3', STORAGE_BUCKET_NAME: 'media' };
  const passwords = { MINIO_ROOT_PASSWORD: 'of the root', STORAGE_SECRET_KEY: 'of the service' };
  /** The input of each call of mc: its arguments, then its standard input. */
  let calls: string;

  /** Runs it with mc as the only program, as in the image of MinIO. */
  async function create(attach: 'attached' | 'rejected', policies = ''): Promise<Ended> {
    const mc = `#!/bin/sh
      echo "mc $*" >>"$0.calls"
      case "$*" in
        *"alias set"* | *"user add"* | *"policy create"*) while IFS= read -r line; do echo "$line" >>"$0.calls"; done ;;
        *"policy attach"*) [ ${attach} = attached ] ;;
        *"user info"*) echo '{"status":"success","policyName":"${policies}"}' ;;
      esac`;
    await writeFile(join(folder, 'mc'), mc, { mode: 0o755 });
    const env = { PATH: folder, MINIO_ROOT_USER: 'root', ...account, ...passwords };
    const ended = await run('/bin/sh', [join(ROOT, 'deploy/minio/create-user.sh')], env);
    calls = await readFile(join(folder, 'mc.calls'), 'utf8');
    return ended;
  }

  it('gives the account a policy for its bucket alone', async () => {
    expect(await create('attached')).toEqual({ code: 0, output: '' });
    const [policy = ''] = /^\{[^]*^\}$/m.exec(calls) ?? [];
    const { Statement } = JSON.parse(policy) as { Statement: { Resource: string[] }[] };
    expect(Statement.flatMap(({ Resource }) => Resource)).toEqual(['arn:aws:s3:::media', 'arn:aws:s3:::media/*']);
    expect(calls).toMatch(/mb --ignore-existing store\/media\n/);
    expect(calls).toMatch(/policy attach store video-to-mp3 --user video-to-mp3\n/);
  });

  it('does not show a password in the list of processes', async () => {
    await create('attached');
    const [lines, said] = [calls.split('\n'), Object.values(passwords)];
    expect(lines.filter((line) => said.includes(line))).toEqual(said);
    expect(lines.filter((line) => line.startsWith('mc') && said.some((password) => line.includes(password)))).toEqual(
      [],
    );
  });

  it('can run again if the account has its policy, and fails if it has none', async () => {
    expect(await create('rejected', 'video-to-mp3')).toMatchObject({ code: 0 });
    expect(await create('rejected', 'another')).toMatchObject({ code: 1 });
  });
});

describe('deploy/postgres/create-user.sh', () => {
  it('does not show a password in the list of processes, and fails if psql fails', async () => {
    const psql = (status: number): string => `#!/bin/sh
      echo "$*" >"$0.arguments"
      while IFS= read -r line; do echo "$line"; done >"$0.input"
      exit ${status}`;
    const env = {
      PATH: folder,
      DATABASE_ROLE: 'service',
      DATABASE_PASSWORD: 'of the service',
      PGPASSWORD: 'of the root',
    };
    const create = async (status: number): Promise<Ended> => {
      await writeFile(join(folder, 'psql'), psql(status), { mode: 0o755 });
      return run('/bin/sh', [join(ROOT, 'deploy/postgres/create-user.sh')], env);
    };

    expect(await create(0)).toEqual({ code: 0, output: '' });
    const outputs = await Promise.all(
      ['arguments', 'input'].map((name) => readFile(join(folder, `psql.${name}`), 'utf8')),
    );
    expect(outputs.join('\n')).not.toMatch(/of the (service|root)/);
    expect(outputs[1]).toContain('\\i /service-account.sql');
    expect(await create(3)).toMatchObject({ code: 3 });
  });
});
