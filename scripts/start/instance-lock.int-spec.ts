import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identifyProcess } from '../../tools/processes/process-identity.mjs';
import { InstanceLock } from './instance-lock.mjs';

const OWN = { launcher: null, url: 'http://127.0.0.1:3000' };
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock '));
  file = join(folder, 'start.lock');
});

afterEach(() => rm(folder, { recursive: true }));

it('returns the process that holds it', async () => {
  expect(await new InstanceLock(file).acquire(OWN)).toBeNull();
  expect(await new InstanceLock(file).acquire(OWN)).toMatchObject({ pid: process.pid, url: OWN.url });
});

it('is free after its release, and leaves no file', async () => {
  const sut = new InstanceLock(file);
  await sut.acquire(OWN);
  sut.release();

  expect(await readdir(folder)).toEqual([]);
  expect(await sut.acquire(OWN)).toBeNull();
});

it.each(['not JSON', JSON.stringify({ pid: process.pid, startTime: 'some-boot/1', ...OWN })])(
  'is taken over from a killed start (%s)',
  async (left) => {
    await writeFile(file, left);

    expect(await new InstanceLock(file).acquire(OWN)).toBeNull();
    expect(await readdir(folder)).toEqual(['start.lock']);
  },
);

it('is taken over from a start whose npm is gone, after that start has ended', async () => {
  const holder = spawn('sleep', ['600']);
  const exited = new Promise((resolve) => holder.once('exit', (_code, signal) => resolve(signal)));
  const launcher = { pid: 1, startTime: 'some-boot/1' };
  await writeFile(file, JSON.stringify({ ...identifyProcess(holder.pid ?? 0), launcher, url: OWN.url }));

  expect(await new InstanceLock(file).acquire(OWN)).toBeNull();
  expect(await exited).toBe('SIGTERM');
});
