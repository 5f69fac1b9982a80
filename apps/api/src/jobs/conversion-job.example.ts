import { statusPath, type ConversionJobDto } from './conversion-job.dto.js';

const ID = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';

const PENDING = {
  id: ID,
  status: 'PENDING',
  created_at: '2026-01-31T12:00:00.000Z',
  error: null,
  error_message: null,
  retryable: null,
  filename: 'clip.mp4',
  size: 1_048_576,
  progress: 0,
  attempt: 0,
  duration: null,
  output_size: null,
  output_sha256: null,
  encoding: null,
  revision: 0,
  started_at: null,
  finished_at: null,
  links: { status: statusPath(ID) },
} satisfies ConversionJobDto;

/** A job right after its upload. The examples of the fields show a finished job. */
export const PENDING_JOB_EXAMPLE: ConversionJobDto = PENDING;

export const CANCELED_JOB_EXAMPLE: ConversionJobDto = {
  ...PENDING,
  status: 'CANCELED',
  revision: 1,
  finished_at: '2026-01-31T12:00:03.000Z',
};
