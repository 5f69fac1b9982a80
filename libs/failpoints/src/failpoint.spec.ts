import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EnvironmentError } from '@app/config';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { enableFailpoints, failpoint } from './failpoint.js';

const REMOVE_TAKEN = `
  const { readdirSync, rmSync, writeFileSync } = require('node:fs');
  const { join } = require('node:path');
  const { workerData: folder } = require('node:worker_threads');
  const timer = setInterval(() => {
    const taken = readdirSync(folder).find((name) => name.startsWith('ack.before.taken-'));
    if (taken === undefined) return;
    clearInterval(timer);
    writeFileSync(join(folder, 'removed'), '');
    rmSync(join(folder, taken));
  }, 10);`;

describe('failpoint', () => {
  let directory: string;
  let kill: MockInstance<typeof process.kill>;

  const arm = (text: string): Promise<void> => writeFile(join(directory, 'ack.before'), text);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'failpoints-'));
    kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  });

  afterEach(async () => {
    enableFailpoints(undefined, false);
    vi.restoreAllMocks();
    await rm(directory, { recursive: true });
  });

  it('does nothing if failpoints are not enabled', async () => {
    await arm('throw');
    failpoint('ack.before');
    expect(await readdir(directory)).toEqual(['ack.before']);
  });

  it('does nothing if this failpoint is not armed', async () => {
    enableFailpoints(directory, false);
    await arm('throw');
    failpoint('ack.after');
    expect(await readdir(directory)).toEqual(['ack.before']);
  });

  it('throws once, like a lost connection, and counts the hit', async () => {
    enableFailpoints(directory, false);
    await arm('throw\n');
    expect(() => failpoint('ack.before')).toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    expect(() => failpoint('ack.before')).not.toThrow();
    expect(await readFile(join(directory, 'hits'), 'utf8')).toBe(`ack.before ${process.pid}\n`);
  });

  it('kills the process like kill -9', async () => {
    enableFailpoints(directory, false);
    await arm('kill');
    failpoint('ack.before');
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGKILL');
  });

  it('holds the process until the file is removed', async () => {
    enableFailpoints(directory, false);
    await arm('hold');
    // This thread is held, so another one removes the file.
    const remover = new Worker(REMOVE_TAKEN, { eval: true, workerData: directory });
    failpoint('ack.before');
    expect((await readdir(directory)).toSorted()).toEqual(['hits', 'removed']);
    expect(kill).not.toHaveBeenCalled();
    await remover.terminate();
  });

  it('is rejected in production', () => {
    expect(() => enableFailpoints(directory, true)).toThrow(EnvironmentError);
    expect(() => enableFailpoints(undefined, true)).not.toThrow();
  });
});
