import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, waitFor } from '@app/testing';
import { missingForBuild } from '../tools/lean-ffmpeg/build-tools.mjs';
import { endMarkedProcesses, markedProcesses } from '../tools/processes/marked-processes.mjs';
import { isSameProcessRunning } from '../tools/processes/process-identity.mjs';
import { readRecords, type RecordedProcess } from '../tools/processes/process-ledger.mjs';
import { freePort } from '../tools/services/free-port.mjs';
import { NpmStart } from './support/npm-start.js';
import { ProjectCopy } from './support/project-copy.js';
import { runScript, type ScriptEnd } from './support/run-script.js';

const LISTENING = '0A';
const LOOPBACK_ADDRESSES = ['0100007F', '00000000000000000000000001000000'];

const mark = randomUUID();
let project: ProjectCopy;
let folder: string;
let url: string;
let port: number;

const startHere = (...args: string[]): NpmStart =>
  new NpmStart(folder, { PORT: String(port), START_TEST: mark }, ...args);

function running(): RecordedProcess[] {
  return readRecords(join(folder, '.data', 'processes.json'));
}

function recorded(name: string): RecordedProcess {
  const found = running().find((record) => record.name === name);
  if (found === undefined) throw new Error(`${name} does not run`);
  return found;
}

async function supervisorPid(): Promise<number> {
  const lock: { pid: number } = JSON.parse(await readFile(join(folder, '.data', 'start.lock'), 'utf8'));
  return lock.pid;
}

async function healthStatus(): Promise<unknown> {
  const health = (await (await fetch(`${url}/health/ready`)).json()) as { status: unknown };
  return health.status;
}

function addUser(name: string, password: string): Promise<ScriptEnd> {
  return runScript(['npm', 'run', '--silent', 'user:add', '--', name], { cwd: folder, input: password });
}

function postJson(path: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Waits for an email, and returns its link to a page of the service. */
function emailedLink(page: string): Promise<string> {
  const mails = join(folder, '.data', 'mail');
  return waitFor(
    async () => {
      const names = readdirSync(mails).filter((name) => name.endsWith('.eml'));
      const texts = await Promise.all(
        names.map(async (name) => (await simpleParser(await readFile(join(mails, name)))).text ?? ''),
      );
      return texts.map((text) => new RegExp(`^http\\S+/auth/${page}/confirm\\S+`, 'm').exec(text)?.[0]).find(Boolean);
    },
    { what: `the link to ${page}` },
  );
}

/** Uses its own port, so that it does not reach another service. */
function convert(...args: string[]): Promise<ScriptEnd> {
  const env = { XDG_CONFIG_HOME: project.path('.config'), PORT: '64999' };
  return runScript(['npm', 'run', '--silent', 'convert', '--', ...args], { cwd: folder, env });
}

/** Returns the addresses, in the format of the kernel, that the processes of this test listen on. */
function listeningAddresses(): string[] {
  const sockets = new Set(markedProcesses(`START_TEST=${mark}`).flatMap(socketsOf));
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENING && sockets.has(`socket:[${fields[9]}]`))
    .map((fields) => fields[1]?.split(':')[0] ?? '');
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  } catch {
    // It ended or closed the file in the meantime.
    return [];
  }
}

describe('npm start', () => {
  let start: NpmStart;

  beforeAll(async () => {
    project = await ProjectCopy.create('start');
    folder = project.folder;
    port = await freePort(undefined);
    url = `http://127.0.0.1:${port}`;
    start = startHere('--workers', '2');
    await start.says(`ready: ${url}`);
  });

  afterAll(async () => {
    await endMarkedProcesses('START_TEST', mark);
    await project.remove();
  });

  it('is ready when a conversion can run', async () => {
    expect(await healthStatus()).toBe('ok');
    expect(running().map(({ name }) => name)).toEqual(expect.arrayContaining(['api', 'worker-1', 'worker-2']));
  });

  it('offers to build a faster ffmpeg, in one line, if that is possible here', () => {
    const offers = start.output.split('\n').filter((line) => line.includes('npm run ffmpeg:build'));
    expect(offers).toHaveLength(missingForBuild() === null ? 1 : 0);
  });

  it('listens on loopback only', () => {
    const addresses = listeningAddresses();

    expect(addresses.length).toBeGreaterThanOrEqual(4);
    expect(addresses.filter((address) => !LOOPBACK_ADDRESSES.includes(address))).toEqual([]);
  });

  it('protects the broker with a random cookie that only its user can read', async () => {
    const [cookie, state] = ['home/.erlang.cookie', 'state.json'].map((name) => join(folder, '.data/rabbitmq', name));
    const { cookie: drawn } = JSON.parse(await readFile(state ?? '', 'utf8')) as { cookie: string };

    expect(drawn).toMatch(/^[\da-f]{48}$/);
    expect(await readFile(cookie ?? '', 'utf8')).toBe(drawn);
    expect(statSync(cookie ?? '').mode & 0o777).toBe(0o400);
  });

  it('rejects a second start in the same folder', async () => {
    const second = startHere();

    expect(await second.ended).toBe(1);
    expect(second.output).toContain(`already runs in this folder (process ${await supervisorPid()}): ${url}`);
    expect(await healthStatus()).toBe('ok');
  });

  it('accepts accounts from another shell', async () => {
    const credentials = { username: 'ada', password: 'correct horse battery' };
    expect(await addUser(credentials.username, credentials.password)).toMatchObject({ exitCode: 0 });

    const headers = { 'Content-Type': 'application/json' };
    const login = await fetch(`${url}/auth/login`, { method: 'POST', headers, body: JSON.stringify(credentials) });
    expect(login.status).toBe(200);
  });

  it('keeps emails as files, whose links verify an address and reset a password', async () => {
    const [username, password, email] = ['grace', 'correct horse battery', 'grace@example.org'];
    await postJson('/auth/register', { username, password, email });
    const login = (await (await postJson('/auth/login', { username, password })).json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${login.access_token}` };
    await fetch(`${url}/auth/email-verification`, { method: 'POST', headers });
    expect((await fetch(await emailedLink('email-verification'), { method: 'POST' })).status).toBe(200);

    expect((await postJson('/auth/password-reset', { email })).status).toBe(202);
    const body = new URLSearchParams({ password: 'another battery' });
    expect((await fetch(await emailedLink('password-reset'), { method: 'POST', body })).status).toBe(200);
    expect((await postJson('/auth/login', { username, password: 'another battery' })).status).toBe(200);
    await start.says('email: to grace@example.org: Set a new password');
  });

  it('is found by the command-line client on any port', async () => {
    const { exitCode, output } = await convert(await makeClip({ seconds: 1 }), '--out', project.path('mp3'));
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`Created an account for you at ${url}`);
    expect(readdirSync(project.path('mp3'))).toEqual([expect.stringMatching(/\.mp3$/)]);
  });

  it.each(['worker-2', 'PostgreSQL'])('restarts %s if it dies, and reports it', async (name) => {
    const killed = recorded(name);
    process.kill(killed.pid, 'SIGKILL');

    await start.says(`${name} was ended by SIGKILL; restarting it in 1 s`);
    await start.says(`${name} was restarted`);
    expect(recorded(name).pid).not.toBe(killed.pid);
    await waitFor(async () => (await healthStatus()) === 'ok');
  });

  it.each([
    ['the script itself', supervisorPid],
    ['npm', async () => start.process.pid ?? 0],
  ])('ends its own orphans after a kill -9 of %s', async (_what, victim) => {
    const before = running();
    expect(before.filter(isSameProcessRunning)).toEqual(before);
    process.kill(await victim(), 'SIGKILL');

    start = startHere();
    await start.says(`ready: ${url}`);

    expect(before.filter(isSameProcessRunning)).toEqual([]);
    expect(await healthStatus()).toBe('ok');
  });

  it('ends everything on Ctrl-C', async () => {
    start.pressCtrlC();

    await start.says('stopped');
    await start.ended;
    await waitFor(() => markedProcesses(`START_TEST=${mark}`).length === 0, { what: 'the end of all processes' });
    expect(running()).toEqual([]);
    await expect(supervisorPid()).rejects.toThrow('ENOENT');
    const { exitCode, output } = await addUser('grace', 'correct horse battery');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/the service does not run in this folder[^]*npm start/);
    const conversion = await convert(await makeClip({ seconds: 1 }));
    expect(conversion.exitCode).toBe(3);
    expect(conversion.output).toMatch(/Nothing answers at http:[^]*npm start/);
  });
});
