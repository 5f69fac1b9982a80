import type { ConversionJob } from '@app/database';
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
/** Nothing cancels a job yet. */
export const SHOWN_STATUSES = CONVERSION_STATUSES.filter((status) => status !== 'CANCELED');
const FAILURE_CODES = Object.keys(FAILURES);
const FAILURE_LIST = Object.entries(FAILURES).map(
  ([code, { message, retryable }]) => `- \`${code}\`: ${message}${retryable ? ' (May pass.)' : ''}`,
);

@ApiSchema({ name: 'ConversionJobLinks' })
export class ConversionJobLinksDto {
  @ApiProperty({ description: 'The path of this status.', example: statusPath(ID_EXAMPLE) })
  readonly status: string;

  @ApiProperty({
    description: 'The path of the MP3, once there is one.',
    required: false,
    example: `/media/${ID_EXAMPLE}/download`,
  })
  readonly download?: string;
}

/** A conversion job as its owner sees it. */
@ApiSchema({ name: 'ConversionJob', description: 'A video and what becomes of it.' })
export class ConversionJobDto {
  @ApiProperty({ description: 'Names the job in every path.', format: 'uuid', example: ID_EXAMPLE })
  readonly id: string;

  @ApiProperty({
    description:
      '`PENDING`: waits for a worker. `PROCESSING`: is being converted. `DONE`: the MP3 waits for download. ' +
      '`FAILED`: `error` says why. A job that is tried again goes back to `PENDING`.',
    type: String,
    enum: SHOWN_STATUSES,
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
    description: `Why the job is \`FAILED\`; null as long as it is not.\n\n${FAILURE_LIST.join('\n')}`,
    type: String,
    enum: [...FAILURE_CODES, null],
    nullable: true,
    example: null,
  })
  readonly error: FailureCode | null;

  @ApiProperty({
    description: 'A sentence that says what the code means and what to do.',
    type: String,
    nullable: true,
    example: null,
  })
  readonly error_message: string | null;

  @ApiProperty({
    description: 'Whether the same video may succeed on another try; null as long as the job has not failed.',
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
    description: 'Of the video, in bytes.',
    type: 'integer',
    format: 'int64',
    minimum: 1,
    example: 1_048_576,
  })
  readonly size: number;

  @ApiProperty({
    description: 'Per cent of the current run; 100 when it is done.',
    type: 'integer',
    minimum: 0,
    maximum: 100,
    example: 100,
  })
  readonly progress: number;

  @ApiProperty({ description: 'How often the conversion was begun.', type: 'integer', minimum: 0, example: 1 })
  readonly attempt: number;

  @ApiProperty({
    description: 'Of the MP3, in seconds; null before it is done.',
    type: Number,
    minimum: 0,
    nullable: true,
    example: 5.039,
  })
  readonly duration: number | null;

  @ApiProperty({
    description: 'Of the MP3, in bytes; null before it is done.',
    type: 'integer',
    format: 'int64',
    minimum: 1,
    nullable: true,
    example: 81_441,
  })
  readonly output_size: number | null;

  @ApiProperty({
    description: 'The checksum of the MP3; null before it is done.',
    type: String,
    pattern: '^[0-9a-f]{64}$',
    nullable: true,
    example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  })
  readonly output_sha256: string | null;

  @ApiProperty({
    description:
      '`encoded`: the MP3 was made from the sound of the video. `copied`: the sound was MP3 already and is in it ' +
      'unchanged. Null before it is done.',
    type: String,
    enum: [...OUTPUT_ENCODINGS, null],
    nullable: true,
    example: 'encoded',
  })
  readonly encoding: OutputEncoding | null;

  @ApiProperty({ description: 'Grows with every change.', type: 'integer', minimum: 0, example: 7 })
  readonly revision: number;

  @ApiProperty({
    description: 'When the last run began, in UTC; null before the first.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T12:00:01.000Z',
  })
  readonly started_at: string | null;

  @ApiProperty({
    description: 'When the job came to its end, in UTC; null before that.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T12:00:05.000Z',
  })
  readonly finished_at: string | null;

  @ApiProperty({ description: 'Where to go on from here.', type: ConversionJobLinksDto })
  readonly links: ConversionJobLinksDto;

  constructor(job: ConversionJob) {
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

function linksOf({ id, status }: ConversionJob): ConversionJobLinksDto {
  return { status: statusPath(id), ...(status === 'DONE' ? { download: `/media/${id}/download` } : {}) };
}
