import pLimit from 'p-limit';
import { AbortedError, isTemporary, ProblemError, type ConversionJob, type RestClient } from '@app/client';
import { Failure, failureOf } from '../failure.js';
import { chooseStyle } from '../screen/choose-screen.js';
import { jobLine } from '../screen/job-line.js';
import { toJsonLine } from '../screen/json-line.js';
import { printable } from '../screen/printable.js';
import type { Style } from '../screen/style.js';
import type { UploadForm } from '../service/upload-form.js';
import type { Command } from './arguments.js';
import { openConnection, type Connection } from './connection.js';
import { chooseService, type Context } from './context.js';
import { EXIT } from './usage.js';

type JobsCommand = Extract<Command, { name: 'status' | 'cancel' | 'retry' | 'delete' }>;
type Client = RestClient<UploadForm>;

interface Action {
  /** Returns the job as it is afterwards; null if it no longer exists. */
  readonly run: (client: Client, jobId: string, token: string) => Promise<ConversionJob | null>;
  /** The problem of a repeated request whose first try succeeded although its response was lost. */
  readonly doneAlready?: { readonly code: string; readonly run: Action['run'] };
}

interface Result {
  readonly jobId: string;
  readonly job: ConversionJob | null;
  readonly failure: Failure | null;
}

const REQUESTS_AT_A_TIME = 6;

const show: Action['run'] = (client, jobId, token) => client.jobStatus(jobId, token);

const ACTIONS: Readonly<Record<JobsCommand['name'], Action>> = {
  status: { run: show },
  cancel: { run: (client, jobId, token) => client.cancelJob(jobId, token) },
  retry: {
    run: (client, jobId, token) => client.retryJob(jobId, token),
    doneAlready: { code: 'retry_not_possible', run: show },
  },
  delete: {
    run: (client, jobId, token) => client.deleteJob(jobId, token).then(() => null),
    doneAlready: { code: 'not_found', run: () => Promise.resolve(null) },
  },
};

/** Does the same with each job, and writes a line for each; returns the exit code. */
export async function changeJobs(command: JobsCommand, context: Context): Promise<number> {
  const { output, errors, environment, signal } = context;
  const say = (text: string): void => void errors.write(`${printable(text)}\n`);
  const connection = await openConnection(context, chooseService(context, command.url), command.timeoutMs, say);
  const style = chooseStyle(output, environment);
  const limit = pLimit(REQUESTS_AT_A_TIME);
  const results = command.jobIds.map((jobId) => limit(() => changeJob(ACTIONS[command.name], jobId, connection)));
  let failures = 0;
  for (const pending of results) {
    const result = await pending;
    if (signal.aborted && result.failure !== null) return EXIT.stopped;
    if (result.failure !== null) failures += 1;
    output.write(`${command.json ? jsonLine(result) : textLine(result, style)}\n`);
  }
  return failures === 0 ? EXIT.done : EXIT.failed;
}

/** Never rejects, so that the other jobs are changed, too. */
async function changeJob(
  { run, doneAlready }: Action,
  jobId: string,
  { service, session, retry }: Connection,
): Promise<Result> {
  let wasLost = false;
  const once = (action: Action['run']): Promise<ConversionJob | null> =>
    session.use((token) => action(service.client, jobId, token));
  try {
    const job = await retry.run(async () => {
      try {
        return await once(run);
      } catch (error) {
        const isDone = wasLost && error instanceof ProblemError && error.code === doneAlready?.code;
        wasLost ||= isTemporary(error);
        if (!isDone || doneAlready === undefined) throw error;
        return once(doneAlready.run);
      }
    });
    return { jobId, job, failure: null };
  } catch (error) {
    if (error instanceof AbortedError) return { jobId, job: null, failure: new Failure('stopped', 'Stopped.') };
    const unexpected = (): Failure =>
      new Failure('unexpected', `An unexpected error occurred: ${(error as Error).message}.`);
    return { jobId, job: null, failure: failureOf(error) ?? unexpected() };
  }
}

function textLine({ jobId, job, failure }: Result, style: Style): string {
  if (failure !== null) {
    const code = style.paint('dim', `(${printable(failure.code)})`);
    return `${style.paint('red', style.signs.failed)} ${jobId}: ${printable(failure.message)} ${code}`;
  }
  return job === null ? `${jobId}  deleted` : jobLine(job, style);
}

/** A job has the fields of the REST API; without one, `status` is `DELETED`, or null after an error. */
function jsonLine({ jobId, job, failure }: Result): string {
  const status = failure === null ? 'DELETED' : null;
  return toJsonLine(
    job ?? { id: jobId, status, error: failure?.code ?? null, error_message: failure?.message ?? null },
  );
}
