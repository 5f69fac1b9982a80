import type { TemporaryError } from './problem.js';

export interface AvailabilityListener {
  readonly onUnavailable: (reason: TemporaryError) => void;
  readonly onAvailable: () => void;
}

/** Reports once that the service is unavailable and once that it is available again, however many requests notice it. */
export class Availability {
  private readonly failing = new Set<object>();

  constructor(private readonly listener: AvailabilityListener) {}

  failed(requester: object, reason: TemporaryError): void {
    if (this.failing.has(requester)) return;
    this.failing.add(requester);
    if (this.failing.size === 1) this.listener.onUnavailable(reason);
  }

  succeeded(requester: object): void {
    if (this.failing.delete(requester) && this.failing.size === 0) this.listener.onAvailable();
  }

  /** The requester stops trying, which says nothing about the service. */
  abandoned(requester: object): void {
    this.failing.delete(requester);
  }
}
