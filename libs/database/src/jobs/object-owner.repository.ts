import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

export interface ObjectOwner {
  readonly jobId: string;
  readonly outputKey: string | null;
  readonly leaseToken: string | null;
}

/** What the sweeper of stored objects asks: which jobs still stand behind them. */
@Injectable()
export class ObjectOwnerRepository {
  constructor(private readonly database: Database) {}

  async findByJobIds(jobIds: readonly string[]): Promise<Map<string, ObjectOwner>> {
    const rows = await this.database.rows<ObjectOwner>(
      `SELECT id AS "jobId", output_key AS "outputKey", lease_token AS "leaseToken" FROM conversion_jobs WHERE id = ANY($1::uuid[])`,
      [jobIds],
    );
    return new Map(rows.map((row) => [row.jobId, row]));
  }
}
