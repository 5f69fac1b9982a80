import { UnreachableError, type ConversionJob, type Download, type RetryPolicy } from '@app/client';
import { Failure } from '../failure.js';
import { OutputFile } from './output-file.js';

/** A damaged file once can be a bad connection or disk; twice is reported. */
const CHECKS = 2;
/** If the service cannot continue a download, one that always breaks would start forever. */
const STARTS = 3;
/** No MP3 is larger: days of the highest bitrate. A hostile server must not fill the disk. */
const MAX_OUTPUT_BYTES = 16 * 1024 ** 3;

export interface OutputRequest {
  readonly job: ConversionJob;
  readonly output: string;
  readonly force: boolean;
  readonly retry: RetryPolicy;
  /** Starts a transfer at a byte, or at the first one if the MP3 is no longer that of the tag. */
  readonly open: (from: number, etag: string | null) => Promise<Download>;
  readonly onReceived: (bytes: number) => void;
}

/** Writes a job's MP3 to the disk: whole and compared with its size and checksum, or not at all. */
export async function fetchOutput(request: OutputRequest): Promise<void> {
  const file = await OutputFile.create(request.output);
  try {
    for (let checks = 1; ; checks += 1) {
      await receive(request, file);
      if (isIntact(request.job, file)) break;
      if (checks === CHECKS) {
        throw new Failure('download_damaged', 'The MP3 was damaged during the download. Try again.');
      }
      await file.startAgain();
    }
    await file.place(request.force);
  } finally {
    await file.close();
  }
}

/** Continues after a broken connection, as long as it is the same MP3. */
async function receive({ job, retry, open, onReceived }: OutputRequest, file: OutputFile): Promise<void> {
  let etag: string | null = null;
  let starts = 0;
  await retry.run(async (onProgress) => {
    // The connection can break after the last byte: nothing is left to continue with.
    if (file.sizeBytes > 0 && file.sizeBytes === job.output_size) return;
    const download = await open(file.sizeBytes, etag);
    try {
      if (download.from !== file.sizeBytes) await file.startAgain();
      if (file.sizeBytes === 0 && ++starts > STARTS) throw cutOff();
      ({ etag } = download);
      const limit = limitOf(job, file, download);
      const expectedBytes = file.sizeBytes + (download.contentLength ?? 0);
      for await (const chunk of download.chunks) {
        await file.append(chunk);
        onProgress();
        onReceived(file.sizeBytes);
        if (file.sizeBytes > limit) break;
      }
      if (file.sizeBytes < Math.min(expectedBytes, limit))
        throw new UnreachableError(new Error('the download was cut off'));
    } finally {
      download.cancel();
    }
  });
}

/** Returns how many bytes the file can have: what the job or the response states, which must be plausible. */
function limitOf({ output_size: outputSize }: ConversionJob, file: OutputFile, { contentLength }: Download): number {
  const announced = contentLength === null ? null : file.sizeBytes + contentLength;
  const limit = outputSize ?? announced;
  if (limit === null || limit > MAX_OUTPUT_BYTES) {
    throw new Failure(
      'download_unbounded',
      'The service does not state a plausible size of the MP3. Check the address.',
    );
  }
  return limit;
}

function cutOff(): Failure {
  return new Failure(
    'download_cut_off',
    'The download broke several times and could not be continued. Try again with a better connection.',
  );
}

function isIntact({ output_size: size, output_sha256: sha256 }: ConversionJob, file: OutputFile): boolean {
  return (size === null || size === file.sizeBytes) && (sha256 === null || sha256 === file.sha256());
}
