import type { ShownJob } from '@app/database';
import {
  CONVERSION_STATUSES,
  FAILURES,
  failureSentence,
  readFailureParams,
  OUTPUT_ENCODINGS,
  type ConversionStatus,
  type FailureCode,
  type OutputEncoding,
} from '@app/domain';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';

const ID_EXAMPLE = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';
const FAILURE_CODES = Object.keys(FAILURES);
const FAILURE_LIST = Object.entries(FAILURES).map(
  ([code, { message, retryable }]) => `- \`${code}\`: ${message}${retryable ? ' (Can be temporary.)' : ''}`,
);

@ApiSchema({ name: 'ConversionJobLinks' })
export class ConversionJobLinksDto {
  @ApiProperty({ description: 'The path of the status.', example: statusPath(ID_EXAMPLE) })
  readonly status: string;

  @ApiProperty({
    description: 'The path of the MP3. Absent until the job is `DONE`.',
    required: false,
    example: `/media/${ID_EXAMPLE}/download`,
  })
  readonly download?: string;
}

/** A conversion job as its owner sees it. */
@ApiSchema({ name: 'ConversionJob', description: 'The conversion of one video to MP3.' })
export class ConversionJobDto {
  @ApiProperty({ description: 'Identifies the job in paths.', format: 'uuid', example: ID_EXAMPLE })
  readonly id: string;

  @ApiProperty({
    description:
      '`PENDING`: waits for a worker. `PROCESSING`: is being converted. `DONE`: the MP3 can be downloaded. ' +
      '`FAILED`: `error` gives the reason. `CANCELED`: its owner canceled it. A job that is retried returns to `PENDING`.',
    type: String,
    enum: CONVERSION_STATUSES,
    example: 'DONE',
  })
  readonly status: ConversionStatus;

  @ApiProperty({
    description: 'When the upload was accepted, in UTC.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  readonly created_at: string;

  @ApiProperty({
    description: `The reason if the job is \`FAILED\`, otherwise null.\n\n${FAILURE_LIST.join('\n')}`,
    type: String,
    enum: [...FAILURE_CODES, null],
    nullable: true,
    example: null,
  })
  readonly error: FailureCode | null;

  @ApiProperty({
    description: 'A sentence for users: what happened and what to do.',
    type: String,
    nullable: true,
    example: null,
  })
  readonly error_message: string | null;

  @ApiProperty({
    description: 'True if another attempt with the same video can succeed. Null unless the job has failed.',
    type: Boolean,
    nullable: true,
    example: null,
  })
  readonly retryable: boolean | null;

  @ApiProperty({
    description: 'The name of the video, without a path.',
    minLength: 1,
    maxLength: 255,
    example: 'clip.mp4',
  })
  readonly filename: string;

  @ApiProperty({
    description: 'The size of the video in bytes.',
    type: 'integer',
    format: 'int64',
    minimum: 1,
    example: 1_048_576,
  })
  readonly size: number;

  @ApiProperty({
    description: 'The progress of the current attempt in percent; 100 when it is done.',
    type: 'integer',
    minimum: 0,
    maximum: 100,
    example: 100,
  })
  readonly progress: number;

  @ApiProperty({ description: 'The number of attempts so far.', type: 'integer', minimum: 0, example: 1 })
  readonly attempt: number;

  @ApiProperty({
    description: 'The duration of the MP3 in seconds. Null until the job is `DONE`.',
    type: Number,
    minimum: 0,
    nullable: true,
    example: 5.039,
  })
  readonly duration: number | null;

  @ApiProperty({
    description: 'The size of the MP3 in bytes. Null until the job is `DONE`.',
    type: 'integer',
    format: 'int64',
    minimum: 1,
    nullable: true,
    example: 81_441,
  })
  readonly output_size: number | null;

  @ApiProperty({
    description: 'The SHA-256 checksum of the MP3. Null until the job is `DONE`.',
    type: String,
    pattern: '^[0-9a-f]{64}$',
    nullable: true,
    example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  })
  readonly output_sha256: string | null;

  @ApiProperty({
    description:
      '`encoded`: the audio of the video was encoded. `copied`: the audio was already MP3 and was copied unchanged. ' +
      'Null until the job is `DONE`.',
    type: String,
    enum: [...OUTPUT_ENCODINGS, null],
    nullable: true,
    example: 'encoded',
  })
  readonly encoding: OutputEncoding | null;

  @ApiProperty({ description: 'Increases with every change.', type: 'integer', minimum: 0, example: 7 })
  readonly revision: number;

  @ApiProperty({
    description: 'When the last attempt started, in UTC. Null while the job is PENDING.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T12:00:01.000Z',
  })
  readonly started_at: string | null;

  @ApiProperty({
    description: 'When the job ended, in UTC. Null until then.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T12:00:05.000Z',
  })
  readonly finished_at: string | null;

  @ApiProperty({ description: 'Paths for the next requests.', type: ConversionJobLinksDto })
  readonly links: ConversionJobLinksDto;

  constructor(job: ShownJob) {
    this.id = job.id;
    this.status = job.status;
    this.created_at = job.createdAt.toISOString();
    this.error = job.error;
    this.error_message = job.error === null ? null : failureSentence(job.error, readFailureParams(job.errorParams));
    this.retryable = job.error === null ? null : FAILURES[job.error].retryable;
    this.filename = job.sourceFilename;
    this.size = job.sourceSize;
    this.progress = job.progress;
    this.attempt = job.attempt;
    this.duration = job.durationMs === null ? null : job.durationMs / 1000;
    this.output_size = job.outputSize;
    this.output_sha256 = job.outputSha256;
    this.encoding = job.encoding;
    this.revision = job.revision;
    this.started_at = job.startedAt?.toISOString() ?? null;
    this.finished_at = job.finishedAt?.toISOString() ?? null;
    this.links = linksOf(job);
  }
}

export function statusPath(jobId: string): string {
  return `/media/${jobId}/status`;
}

function linksOf({ id, status }: ShownJob): ConversionJobLinksDto {
  return { status: statusPath(id), ...(status === 'DONE' ? { download: `/media/${id}/download` } : {}) };
}
