import { AmqpContext, CONVERSION_FINISHED, type ConversionFinished, type Disposition } from '@app/messaging';
import { LogContext } from '@app/observability';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { RecordDeliveriesUseCase } from './record-deliveries.use-case.js';

@Controller()
export class NotificationConsumer {
  constructor(private readonly recordDeliveries: RecordDeliveriesUseCase) {}

  @EventPattern<string>(CONVERSION_FINISHED)
  onConversionFinished(@Payload() message: ConversionFinished, @Ctx() context: AmqpContext): Promise<Disposition> {
    const fields = {
      job_id: message.data.job_id,
      request_id: context.correlationId ?? undefined,
      traceparent: context.traceparent ?? undefined,
    };
    return LogContext.run(fields, () => this.recordDeliveries.execute(message));
  }
}
