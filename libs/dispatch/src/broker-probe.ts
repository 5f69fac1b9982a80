const PROBE_INTERVAL_MS = 1_000;

/** The change after an answer of the broker: it stopped or resumed confirming messages. */
export type ProbeChange = 'lost' | 'recovered' | 'none';

/** Remembers whether the broker confirms messages. While it does not, one message at a time is sent as a probe. */
export class BrokerProbe {
  private probing = false;
  private nextAt = 0;

  get isProbing(): boolean {
    return this.probing;
  }

  /** Returns true if a message can be published now: always, or once a second while probing. */
  get isDue(): boolean {
    return !this.probing || performance.now() >= this.nextAt;
  }

  note(isConfirmed: boolean): ProbeChange {
    const wasProbing = this.probing;
    this.probing = !isConfirmed;
    this.nextAt = performance.now() + PROBE_INTERVAL_MS;
    if (wasProbing === this.probing) return 'none';
    return isConfirmed ? 'recovered' : 'lost';
  }
}
