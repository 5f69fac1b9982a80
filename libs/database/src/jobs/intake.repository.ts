import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '../connection/database.js';
import { EntityColumns } from '../connection/written-select.js';
import { ConversionJob } from './conversion-job.entity.js';
import { shareSources } from './source-lock.js';

/** A requested job, without its source. */
export type JobRequest = Pick<ConversionJob, 'id' | 'userId' | 'maxAttempts' | 'requestId' | 'traceparent'> & {
  /** Null for the default in the user's profile. */
  readonly notifyEmail?: boolean | null;
  readonly callbackUrl?: string | null;
  readonly options?: object;
};

export type NewConversionJob = JobRequest &
  Pick<ConversionJob, 'sourceKey' | 'sourceFilename' | 'sourceSize' | 'sourceFormat'>;

/** `expired`: the source was deleted. `missing`: there is no such job, or it belongs to another user. */
export type FromSourceResult = ConversionJob | 'expired' | 'missing';

const COLUMNS = new EntityColumns(ConversionJob);
const RETURNING = `RETURNING ${COLUMNS.names()}`;

/** Uses the profile as it is now, not as it was when the request was authenticated. */
const INSERT = `INSERT INTO conversion_jobs (id, user_id, source_id, source_key, source_filename, source_size, source_format,
    max_attempts, request_id, traceparent, notify_email, callback_url, options)
  SELECT $1, $2, source.id, source.key, source.filename, source.size, source.format, $3, $4, $5,
    coalesce($6, (SELECT notify_email FROM users WHERE id = $2)), $7, $8`;

const WITH_SOURCE = `WITH source AS (
    INSERT INTO sources (id, user_id, key, filename, size, format) VALUES ($1, $2, $9, $10, $11, $12) RETURNING *
  ) ${INSERT} FROM source`;

/** Accepts new conversion jobs. */
@Injectable()
export class IntakeRepository {
  constructor(private readonly database: Database) {}

  /** Commits a source and its first job as PENDING. On `database_unavailable` it is unknown whether they were committed. */
  async create(job: NewConversionJob): Promise<ConversionJob> {
    const source = [job.sourceKey, job.sourceFilename, job.sourceSize, job.sourceFormat];
    const rows = await this.database.rows(`${WITH_SOURCE} ${RETURNING}`, [...valuesOf(job), ...source]);
    return inserted(rows);
  }

  /** Commits another job, PENDING, on the source of a job. */
  async createFromSource(job: JobRequest, sourceOf: string): Promise<FromSourceResult> {
    return this.database.transaction(async (runner) => {
      const [source] = await shareSources(runner, [sourceOf], job.userId);
      if (source === undefined) return 'missing';
      if (source.isExpired) return 'expired';
      const statement = `${INSERT} FROM sources AS source WHERE source.id = $9 ${RETURNING}`;
      return inserted(await rowsOf(runner, statement, [...valuesOf(job), source.id]));
    });
  }
}

function valuesOf(job: JobRequest): unknown[] {
  const { id, userId, maxAttempts, requestId, traceparent, notifyEmail = null, callbackUrl = null } = job;
  return [id, userId, maxAttempts, requestId, traceparent, notifyEmail, callbackUrl, job.options ?? {}];
}

function inserted([row]: readonly object[]): ConversionJob {
  if (row === undefined) throw new Error('The INSERT returned no row');
  return COLUMNS.read({ ...row });
}
