import { AmqpContext, CONVERSION_REQUESTED, type ConversionRequested, type Disposition } from '@app/messaging';
import { Dispatcher } from '@app/dispatch';
import { LogContext } from '@app/observability';
import { Controller, Logger } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { ConvertVideoUseCase } from './convert-video.use-case.js';
import { JobClaimer } from './job-claimer.js';
import { Slots } from './slots.js';
import { DrainSignal } from './drain-signal.js';

@Controller()
export class ConversionConsumer {
  private readonly logger = new Logger(ConversionConsumer.name);

  constructor(
    private readonly slots: Slots,
    private readonly drain: DrainSignal,
    private readonly claimer: JobClaimer,
    private readonly dispatcher: Dispatcher,
    private readonly convertVideo: ConvertVideoUseCase,
  ) {}

  @EventPattern<string>(CONVERSION_REQUESTED)
  async onConversionRequested(
    @Payload() message: ConversionRequested,
    @Ctx() context: AmqpContext,
  ): Promise<Disposition> {
    const fields = {
      job_id: message.data.job_id,
      request_id: context.correlationId ?? undefined,
      traceparent: context.traceparent ?? undefined,
    };
    return LogContext.run(fields, async () => {
      const outcome = await this.slots.use(() => this.convert(message.data.job_id));
      return outcome === 'closed' ? 'return' : outcome;
    });
  }

  private async convert(jobId: string): Promise<Disposition> {
    try {
      const job = await this.claimer.claim(jobId, this.drain.signal);
      if (job === null) {
        this.logger.debug('The job is not to be claimed; its message is dropped');
        return 'ack';
      }
      this.dispatcher.wake();
      return await this.convertVideo.execute(job);
    } catch (error) {
      if (this.drain.signal.aborted) return 'return';
      throw error;
    }
  }
}
