/** The topic of the events that say how a conversion job ended. */
export const CONVERSION_FINISHED_TOPIC = 'conversion.finished';

/**
 * Returns the INSERT that copies an event's facts from rows of `conversion_jobs` into the outbox. They are copied, not
 * joined later: the job can be retried or deleted before the event is published.
 */
export function insertConversionFinished(jobs: string): string {
  return `INSERT INTO outbox (id, topic, payload, correlation_id, traceparent)
    SELECT gen_random_uuid(), '${CONVERSION_FINISHED_TOPIC}',
           jsonb_build_object('job_id', id, 'user_id', user_id, 'status', status, 'error', error, 'revision', revision,
             'filename', source_filename, 'duration_ms', duration_ms, 'output_size', output_size,
             'notify_email', notify_email, 'callback_url', callback_url),
           request_id, traceparent
    FROM ${jobs}`;
}
