import { BaseRpcContext } from '@nestjs/microservices';

export interface DeliveryProperties {
  readonly messageId: string;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  /** Set if the broker has delivered this message before. */
  readonly redelivered: boolean;
  /** Aborts when the channel of the delivery closes: the broker then delivers the message again. */
  readonly channelClosed: AbortSignal;
}

/** The properties of a delivery that a handler can read. The transport settles the delivery. */
export class AmqpContext extends BaseRpcContext<[DeliveryProperties]> {
  get messageId(): string {
    return this.args[0].messageId;
  }

  get correlationId(): string | null {
    return this.args[0].correlationId;
  }

  get traceparent(): string | null {
    return this.args[0].traceparent;
  }

  get redelivered(): boolean {
    return this.args[0].redelivered;
  }

  get channelClosed(): AbortSignal {
    return this.args[0].channelClosed;
  }
}
