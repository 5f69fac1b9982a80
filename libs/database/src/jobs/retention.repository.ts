import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

export interface ObjectOwner {
  readonly jobId: string;
  readonly outputKey: string | null;
  readonly leaseToken: string | null;
}

/** Finds the stored objects that are still needed. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly database: Database) {}

  /** Returns the jobs of outputs. */
  async findObjectOwners(jobIds: readonly string[]): Promise<Map<string, ObjectOwner>> {
    const rows = await this.database.rows<ObjectOwner>(
      `SELECT id AS "jobId", output_key AS "outputKey", lease_token AS "leaseToken" FROM conversion_jobs WHERE id = ANY($1::uuid[])`,
      [jobIds],
    );
    return new Map(rows.map((row) => [row.jobId, row]));
  }

  /** Returns the keys whose source still exists. */
  async findKeptSources(keys: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.rows<{ key: string }>(
      'SELECT key FROM sources WHERE key = ANY ($1) AND expired_at IS NULL',
      [keys],
    );
    return new Set(rows.map(({ key }) => key));
  }
}
