import type { DeliveryRepository } from '@app/database';
import { DeliveryLoop } from './delivery-loop.js';
import type { DeliverySender } from './delivery-sender.js';

/** The loops of all channels. A slow channel does not delay another. */
export class DeliveryLoops {
  private readonly loops: readonly DeliveryLoop[];

  constructor(deliveries: DeliveryRepository, senders: readonly DeliverySender[], concurrency: number) {
    this.loops = senders.map((sender) => new DeliveryLoop(deliveries, sender, concurrency));
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  /** Makes all loops check for due deliveries. */
  wake(): void {
    for (const loop of this.loops) loop.wake();
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop(graceMs)));
  }
}
