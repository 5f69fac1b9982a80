import type { IncomingMessage } from 'node:http';
import { Failure, Stopped } from '../failure.js';
import type { Job } from '../service/job.js';
import type { Patience } from '../service/patience.js';
import { Unreachable } from '../service/refusal.js';
import { OutputFile } from './output-file.js';

/** Once may be a bad line or a bad disk; twice is something to tell. */
const CHECKS = 2;
/** Where the service does not go on, a line that breaks each long download would have it begin for ever. */
const BEGINNINGS = 3;

export interface OutputRequest {
  readonly job: Job;
  readonly output: string;
  readonly force: boolean;
  readonly patience: Patience;
  /** Begins an answer at a byte, or from the start where the MP3 is no longer that of the tag. */
  readonly open: (from: number, etag: string | null) => Promise<IncomingMessage>;
  readonly onReceived: (bytes: number) => void;
}

/** Brings a job's MP3 to the disk: whole, compared with what the service says of it, or not at all. */
export async function fetchOutput(request: OutputRequest): Promise<void> {
  const file = await OutputFile.create(request.output);
  try {
    for (let checks = 1; ; checks += 1) {
      await receive(request, file);
      if (isRight(request.job, file)) break;
      if (checks === CHECKS) {
        throw new Failure('download_damaged', 'The MP3 did not arrive as the service has it. Try again.');
      }
      await file.startAgain();
    }
    await file.place(request.force);
  } finally {
    await file.close();
  }
}

/** Goes on where it broke off, as long as it is the same MP3. */
async function receive({ job, patience, open, onReceived }: OutputRequest, file: OutputFile): Promise<void> {
  let etag: string | null = null;
  let beginnings = 0;
  await patience.persist(async (goesOn) => {
    // The connection may break behind the last byte: there is nothing to go on with.
    if (file.sizeBytes > 0 && file.sizeBytes === job.output_size) return;
    const response = await open(file.sizeBytes, etag);
    if (!continues(response, file.sizeBytes)) await file.startAgain();
    if (file.sizeBytes === 0 && ++beginnings > BEGINNINGS) throw cutOff(response);
    etag = response.headers.etag ?? null;
    const expectedBytes = file.sizeBytes + Number(response.headers['content-length'] ?? Number.NaN);
    for await (const chunk of chunksOf(response)) {
      await file.append(chunk);
      goesOn();
      onReceived(file.sizeBytes);
      // Whoever sends without end must not fill the disk.
      if (job.output_size !== null && file.sizeBytes > job.output_size) break;
    }
    if (file.sizeBytes < expectedBytes) throw new Unreachable(new Error('the download was cut off'));
  });
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw (error as Error).name === 'AbortError' ? new Stopped() : new Unreachable(error);
  }
}

function cutOff(response: IncomingMessage): Failure {
  response.destroy();
  return new Failure(
    'download_cut_off',
    'The download broke off again and again, and could only begin anew. Try again on a better line.',
  );
}

function continues({ statusCode, headers }: IncomingMessage, from: number): boolean {
  if (from === 0) return true;
  return statusCode === 206 && (headers['content-range'] ?? '').startsWith(`bytes ${from}-`);
}

function isRight({ output_size: size, output_sha256: sha256 }: Job, file: OutputFile): boolean {
  return (size === null || size === file.sizeBytes) && (sha256 === null || sha256 === file.sha256());
}
