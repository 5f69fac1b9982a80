import { Draining } from './stop-reason.js';

/** Aborts when the worker begins to drain: nobody waits for a database or a disk any longer. */
export class DrainSignal {
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort(new Draining());
  }
}
