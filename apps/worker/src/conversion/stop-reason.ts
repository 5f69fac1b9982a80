/** The lease is no longer held: the job was canceled, deleted, or belongs to another run. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor() {
    super('The lease on this job is no longer held');
  }
}

/** The worker shuts down and its grace period is over. */
export class Draining extends Error {
  override readonly name = 'Draining';

  constructor() {
    super('The worker is shutting down');
  }
}
