import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

export interface ObjectOwner {
  readonly jobId: string;
  readonly outputKey: string | null;
  readonly leaseToken: string | null;
}

/** Says which stored objects still belong to a job. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly database: Database) {}

  async findObjectOwners(jobIds: readonly string[]): Promise<Map<string, ObjectOwner>> {
    const rows = await this.database.rows<ObjectOwner>(
      `SELECT id AS "jobId", output_key AS "outputKey", lease_token AS "leaseToken" FROM conversion_jobs WHERE id = ANY($1::uuid[])`,
      [jobIds],
    );
    return new Map(rows.map((row) => [row.jobId, row]));
  }
}
