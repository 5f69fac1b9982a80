import type { ConversionJob, ConversionJobList, JobListQuery } from '@app/client';
import { failureOf } from '../failure.js';
import { chooseStyle } from '../screen/choose-screen.js';
import { jobLine } from '../screen/job-line.js';
import { toJsonLine } from '../screen/json-line.js';
import { printable } from '../screen/printable.js';
import type { Command } from './arguments.js';
import { openConnection, type Connection } from './connection.js';
import { chooseService, type Context } from './context.js';
import { EXIT } from './usage.js';

type ListCommand = Extract<Command, { name: 'list' }>;

/** The most jobs that the service returns at once. */
const PAGE_JOBS = 100;

/** Writes the user's jobs, newest first; returns the exit code. */
export async function list(command: ListCommand, context: Context): Promise<number> {
  const { output, errors, environment } = context;
  const say = (text: string): void => void errors.write(`${printable(text)}\n`);
  const connection = await openConnection(context, chooseService(context, command.url), command.timeoutMs, say);
  const style = chooseStyle(output, environment);
  const write = (job: ConversionJob): void =>
    void output.write(`${command.json ? toJsonLine(job) : jobLine(job, style)}\n`);
  const { count, hasMore } = await writePages(command, connection, write).catch((error: unknown) => {
    throw failureOf(error) ?? error;
  });
  if (count === 0 && !command.json) say('There are no such jobs.');
  if (hasMore) say(`There are more jobs. Show them with a larger --limit than ${command.limit}.`);
  return EXIT.done;
}

async function writePages(
  { statuses, search, limit }: ListCommand,
  { service, session, retry }: Connection,
  write: (job: ConversionJob) => void,
): Promise<{ count: number; hasMore: boolean }> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const query: JobListQuery = {
      status: statuses,
      limit: Math.min(PAGE_JOBS, limit - count),
      ...(search === null ? {} : { q: search }),
      ...(cursor === null ? {} : { cursor }),
    };
    const page: ConversionJobList = await retry.run(() =>
      session.use((token) => service.client.listJobs(token, query)),
    );
    for (const job of page.items.slice(0, limit - count)) write(job);
    count += Math.min(page.items.length, limit - count);
    cursor = page.next_cursor;
  } while (cursor !== null && count < limit);
  return { count, hasMore: cursor !== null };
}
