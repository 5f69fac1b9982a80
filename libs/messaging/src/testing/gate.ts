import { waitFor } from '@app/testing';
import type { AmqpContext } from '../amqp-context.js';
import type { ConversionRequested } from '../conversion-requested.message.js';
import type { Disposition } from '../disposition.js';

export type Handler = (message: ConversionRequested, context: AmqpContext) => Disposition | Promise<Disposition>;

/** A handler whose runs the test ends. */
export class Gate {
  readonly jobs: string[] = [];
  private readonly waiting: ((disposition: Disposition) => void)[] = [];

  readonly handler: Handler = ({ data }) => {
    this.jobs.push(data.job_id);
    return new Promise((resolve) => this.waiting.push(resolve));
  };

  open(disposition: Disposition = 'ack'): void {
    this.waiting.shift()?.(disposition);
  }

  /** Resolves when this many deliveries have arrived since the start. */
  async reached(count: number): Promise<void> {
    await waitFor(() => this.jobs.length >= count, { what: 'a delivery' });
  }
}
