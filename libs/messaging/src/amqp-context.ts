import { BaseRpcContext } from '@nestjs/microservices';

export interface DeliveryProperties {
  readonly messageId: string;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  /** Whether the broker handed this message out before. */
  readonly redelivered: boolean;
}

/** What a handler may know about its delivery beside the message. Settling the delivery is not its business. */
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
}
