/** The lease is no longer held: the job was canceled, deleted, or belongs to another run. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('The lease on this job is no longer held');
  }
}

/** The worker shuts down. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';

  constructor() {
    super('The worker is shutting down');
  }
}
