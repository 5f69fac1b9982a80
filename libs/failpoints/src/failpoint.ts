import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '@app/config';

/** The points at which a test can stop a process: before and after each commit, publish, ack and object write. */
export const FAILPOINTS = [
  'upload.object-write.before',
  'upload.object-write.after',
  'upload.commit.before',
  'upload.commit.after',
  'dispatch.commit.before',
  'dispatch.commit.after',
  'dispatch.publish.before',
  'dispatch.publish.after',
  'claim.commit.before',
  'claim.commit.after',
  'output.object-write.before',
  'output.object-write.after',
  'finish.commit.before',
  'finish.commit.after',
  'ack.before',
  'ack.after',
  'outbox.publish.before',
  'outbox.publish.after',
  'outbox.commit.before',
  'outbox.commit.after',
  'deliveries.commit.before',
  'deliveries.commit.after',
  'deliveries.send.before',
  'deliveries.mail.before',
  'deliveries.send.after',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const HOLD_POLL_MS = 10;

let directory: string | undefined;

/** Enables failpoints for this process. Throws in production. */
export function enableFailpoints(path: string | undefined, isProduction: boolean): void {
  if (path !== undefined && isProduction) {
    throw new EnvironmentError(['FAILPOINTS_DIRECTORY must not be set in production: it lets tests kill the process']);
  }
  directory = path;
}

/**
 * Does nothing unless a test armed this point with a file of its name. The file's text says what happens: `kill`
 * ends the process as `kill -9` would; `throw` fails the step as a lost connection would; `hold` stops the whole process
 * until the test removes the renamed file. An armed point fires once (the file is renamed to `NAME.taken-…`, so of
 * several processes only one takes it), and is written to the folder's `hits` file.
 */
export function failpoint(name: Failpoint): void {
  if (directory === undefined) return;
  const armed = join(directory, name);
  if (!existsSync(armed)) return;
  const taken = `${armed}.taken-${process.pid}-${process.hrtime.bigint()}`;
  try {
    renameSync(armed, taken);
  } catch {
    return;
  }
  // Read first: once the hit is written, a test can remove the file.
  const action = readFileSync(taken, 'utf8').trim();
  appendFileSync(join(directory, 'hits'), `${name} ${process.pid}\n`);
  if (action === 'throw') {
    throw Object.assign(new Error(`Connection lost at failpoint ${name}`), { code: 'ECONNRESET' });
  }
  if (action === 'hold') holdWhileExists(taken);
  else process.kill(process.pid, 'SIGKILL');
}

function holdWhileExists(file: string): void {
  const neverNotified = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  while (existsSync(file)) Atomics.wait(neverNotified, 0, 0, HOLD_POLL_MS);
}
