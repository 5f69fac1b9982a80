import { AbortedError, InvalidResponseError, ProblemError, RedirectError, UnreachableError } from './problem.js';

const OWN_ERRORS = [AbortedError, InvalidResponseError, ProblemError, RedirectError, UnreachableError];

/** Ends a request that stalls, or that its caller aborts. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly abort = (): void => this.controller.abort();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isExceeded = false;

  constructor(
    private readonly timeoutMs: number,
    private readonly caller?: AbortSignal,
  ) {
    caller?.addEventListener('abort', this.abort);
    if (caller?.aborted === true) this.abort();
    this.renew();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Starts the time again, because something was received. */
  renew(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isExceeded = true;
      this.abort();
    }, this.timeoutMs);
  }

  /** Ends the request too, if it has not ended itself. */
  end(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.abort);
    this.abort();
  }

  /** Translates a failure of the request. */
  errorFor(error: unknown): unknown {
    if (this.caller?.aborted === true) return new AbortedError('The request was aborted.');
    if (OWN_ERRORS.some((kind) => error instanceof kind)) return error;
    if (this.isExceeded) return new UnreachableError(new Error('the connection stalled'));
    // Node wraps the error of the connection.
    return new UnreachableError(error instanceof TypeError && error.cause !== undefined ? error.cause : error);
  }
}
