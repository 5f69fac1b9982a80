import type { JobRows } from '../../test/support/job-rows.js';

/** Adds waiting jobs with the owner and the source of a job, because uploads are not what is measured. */
export async function copyJob(rows: JobRows, id: string, count: number): Promise<void> {
  await rows.query(
    `INSERT INTO conversion_jobs (id, user_id, source_id, source_key, source_filename, source_size, source_format, max_attempts)
     SELECT gen_random_uuid(), user_id, source_id, source_key, source_filename, source_size, source_format, max_attempts
     FROM conversion_jobs, generate_series(1, $2::int) WHERE id = $1`,
    [id, count],
  );
}
