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
 * ends the process as `kill -9` would; `throw` fails the step as a lost connection would. An armed point fires once
 * (the file is renamed, so of several processes only one takes it), and is written to the folder's `hits` file.
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
  appendFileSync(join(directory, 'hits'), `${name} ${process.pid}\n`);
  if (readFileSync(taken, 'utf8').trim() === 'throw') {
    throw Object.assign(new Error(`Connection lost at failpoint ${name}`), { code: 'ECONNRESET' });
  }
  process.kill(process.pid, 'SIGKILL');
}
