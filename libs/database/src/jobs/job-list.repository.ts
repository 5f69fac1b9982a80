import type { ConversionStatus } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { listStatement, searchStatement } from './list-statement.js';
import { SHOWN_COLUMNS, type ShownJob } from './shown-job.js';

/** A place in a list, newest first: the list continues with older jobs. */
export interface ListPosition {
  /** Microseconds since 1970, decimal: a `Date` would lose the last three digits, and the list would skip jobs. */
  readonly createdAtMicros: string;
  readonly id: string;
}

export interface JobListQuery {
  readonly userId: number;
  /** Empty for all. */
  readonly statuses: readonly ConversionStatus[];
  /** Part of the file name, in upper or lower case; null for all. */
  readonly text: string | null;
  readonly limit: number;
  readonly after: ListPosition | null;
}

export interface JobPage {
  readonly jobs: readonly ShownJob[];
  /** The start of the next page; null if there is none. */
  readonly next: ListPosition | null;
}

interface ListedRow extends Record<string, unknown> {
  readonly id: string;
  readonly position_micros: string;
  readonly is_edge?: boolean;
}

interface Listed {
  readonly job: ShownJob;
  readonly position: ListPosition;
  /** Not a result, but the last row that a search has read. */
  readonly isEdge: boolean;
}

/** Lists jobs for their owners. */
@Injectable()
export class JobListRepository {
  constructor(private readonly database: Database) {}

  /**
   * Returns a page of the owner's jobs, newest first. A text search reads at most 10 000 rows, so its page can be short
   * or empty and still have a next one.
   */
  async list(query: JobListQuery): Promise<JobPage> {
    const listed = await this.read(query);
    const found = listed.filter(({ isEdge }) => !isEdge);
    const shown = found.slice(0, query.limit);
    const last = found.length > query.limit ? shown.at(-1) : listed.find(({ isEdge }) => isEdge);
    return { jobs: shown.map(({ job }) => job), next: last?.position ?? null };
  }

  /** Returns the ids of the owner's newest jobs with one of the statuses. */
  async newestIds(userId: number, statuses: readonly ConversionStatus[], limit: number): Promise<string[]> {
    const { jobs } = await this.list({ userId, statuses, text: null, limit, after: null });
    return jobs.map(({ id }) => id);
  }

  private async read({ userId, statuses, text, limit, after }: JobListQuery): Promise<Listed[]> {
    const filter = { statuses: statuses.length, hasPosition: after !== null };
    const values = [
      userId,
      limit + 1,
      ...(statuses.length === 0 ? [] : [statuses]),
      ...(after === null ? [] : [after.createdAtMicros, after.id]),
      ...(text === null ? [] : [text]),
    ];
    const statement = text === null ? listStatement(filter) : searchStatement(filter);
    const rows = await this.database.rows<ListedRow>(statement, values);
    return rows.map((row) => ({
      job: SHOWN_COLUMNS.read(row),
      position: { createdAtMicros: row.position_micros, id: row.id },
      isEdge: row.is_edge === true,
    }));
  }
}
