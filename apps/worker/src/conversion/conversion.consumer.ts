import { AmqpContext, CONVERSION_REQUESTED, type ConversionRequested, type Disposition } from '@app/messaging';
import { Dispatcher } from '@app/dispatch';
import { LogContext } from '@app/observability';
import { Controller, Logger } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { ConvertVideoUseCase } from './convert-video.use-case.js';
import { JobClaimer } from './job-claimer.js';
import { RunningJobs } from './running-jobs.js';
import { StepTimes } from './step-times.js';

@Controller()
export class ConversionConsumer {
  private readonly logger = new Logger(ConversionConsumer.name);

  constructor(
    private readonly jobs: RunningJobs,
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
      const outcome = await this.jobs.run(() => this.convert(message), context.channelClosed);
      return outcome === 'dropped' ? 'requeue' : outcome;
    });
  }

  private async convert({ data, occurred_at }: ConversionRequested): Promise<Disposition> {
    const steps = new StepTimes();
    // By the clocks of two processes, which can differ on two machines.
    // oxlint-disable-next-line no-restricted-properties -- the time of the message is a wall clock's
    steps.add('broker', Date.now() - Date.parse(occurred_at));
    try {
      const job = await this.claimer.claim(data.job_id, this.jobs.shutdown);
      steps.end('claim');
      if (job === null) {
        this.logger.debug('The job cannot be claimed; its message is dropped');
        return 'ack';
      }
      this.dispatcher.wake();
      return await this.convertVideo.execute(job, this.jobs, steps);
    } catch (error) {
      if (this.jobs.shutdown.aborted) return 'requeue';
      throw error;
    }
  }
}
