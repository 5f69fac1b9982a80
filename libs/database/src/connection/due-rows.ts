export interface DueRows {
  readonly table: string;
  /** The column with the time before which a row is not due. */
  readonly dueColumn: string;
  /** An SQL condition that the due index serves. */
  readonly where: string;
  readonly limit: number;
  /** The time after which another process can take the row over. */
  readonly holdSeconds: number;
  /** The column that counts how often a row was taken. It shows that a result is late and no longer counts. */
  readonly attemptColumn: string;
  readonly returning: string;
}

/**
 * Returns the statement that takes the rows that have been due for longest, and postpones them by the hold time. If
 * the process that took them dies, others take them after that time. No two processes take the same row, and none waits.
 * The rows are chosen in an array, which is computed once; a plan can run `IN (SELECT … LIMIT …)` several times.
 */
export function takeDueRows({ table, dueColumn, attemptColumn, ...rows }: DueRows): string {
  return `UPDATE ${table}
    SET ${dueColumn} = now() + make_interval(secs => ${rows.holdSeconds}), ${attemptColumn} = ${attemptColumn} + 1
    WHERE id = ANY (ARRAY(SELECT id FROM ${table} WHERE ${rows.where} AND ${dueColumn} <= now()
                          ORDER BY ${dueColumn} LIMIT ${rows.limit} FOR UPDATE SKIP LOCKED))
    RETURNING ${rows.returning}`;
}
