import { setTimeout as delay } from 'node:timers/promises';
import { Failure, Stopped } from '../failure.js';
import { Refusal, Unreachable } from './refusal.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A service that asks for more is asked again sooner: it may be long back. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export interface PatienceOptions {
  /** How long one thing may go on failing. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Told once for a time of trouble, however many files wait. */
  readonly onAway: (reason: Unreachable | Refusal) => void;
  readonly onBack: () => void;
}

/** Bears with a service that is away for a while, such as for its restart. */
export class Patience {
  private readonly waiting = new Set<symbol>();

  constructor(private readonly options: PatienceOptions) {}

  /**
   * Does something again until the service has done or refused it. What takes long calls `goesOn` when it sees that the
   * service is there again: the limit counts from the last sign of life.
   */
  async persist<T>(work: (goesOn: () => void) => Promise<T>): Promise<T> {
    const { limitMs, signal } = this.options;
    const id = Symbol('work');
    let failingSince = Number.NaN;
    let failures = 0;
    const goesOn = (): void => {
      failingSince = Number.NaN;
      this.leave(id);
    };
    try {
      for (;;) {
        try {
          return await work(goesOn);
        } catch (error) {
          if (!isPassing(error)) throw error;
          if (Number.isNaN(failingSince)) failingSince = performance.now();
          if (performance.now() - failingSince >= limitMs) throw new GaveUp(error);
          this.enter(id, error);
          await pause(pauseMs(error, failures), signal);
          failures += 1;
        }
      }
    } finally {
      this.leave(id);
    }
  }

  private enter(id: symbol, reason: Unreachable | Refusal): void {
    if (this.waiting.has(id)) return;
    this.waiting.add(id);
    if (this.waiting.size === 1) this.options.onAway(reason);
  }

  private leave(id: symbol): void {
    if (this.waiting.delete(id) && this.waiting.size === 0 && !this.options.signal.aborted) this.options.onBack();
  }
}

/** The service stayed away. */
export class GaveUp extends Failure {
  constructor(cause: Unreachable | Refusal) {
    const code = cause instanceof Refusal ? cause.code : 'service_unreachable';
    super(code, cause.message, { cause });
  }
}

export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => {
    throw new Stopped();
  });
}

function isPassing(error: unknown): error is Unreachable | Refusal {
  return error instanceof Unreachable || (error instanceof Refusal && error.isPassing);
}

function pauseMs(error: Unreachable | Refusal, failures: number): number {
  const backOffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  const askedMs = error instanceof Refusal ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(backOffMs, Math.min(askedMs, LONGEST_RETRY_AFTER_MS));
}
