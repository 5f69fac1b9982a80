import { Injectable } from '@nestjs/common';

/** The moment from which the notifier begins nothing new. */
@Injectable()
export class Shutdown {
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort(new Error('The notifier is shutting down'));
  }
}
