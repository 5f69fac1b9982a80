import { DatabaseEnv, DatabaseModule, OwnerLock } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { AmqpTransportStrategy, MessagingEnv, MessagingModule, VIDEO_QUEUE } from '@app/messaging';
import { StorageModule } from '@app/storage';
import { Logger, Module } from '@nestjs/common';
import { TranscodingModule } from '../transcoding/index.js';
import { availableCpus } from './available-cpus.js';
import { ConversionConsumer } from './conversion.consumer.js';
import { ConversionEnv } from './conversion.env.js';
import { ConvertVideoUseCase } from './convert-video.use-case.js';
import { JobClaimer } from './job-claimer.js';
import { JobFinisher } from './job-finisher.js';
import { JobWorkspace } from './job-workspace.js';
import { LeaseKeeper } from './lease-keeper.js';
import { RunningJobs } from './running-jobs.js';
import { SourceConverter } from './source-converter.js';
import { WorkerLifecycle } from './worker-lifecycle.js';
import { WorkerRegistration } from './worker-registration.js';

@Module({
  imports: [DatabaseModule, DispatchModule, TranscodingModule, MessagingModule, StorageModule],
  controllers: [ConversionConsumer],
  providers: [
    { provide: RunningJobs, inject: [ConversionEnv], useFactory: runningJobs },
    { provide: AmqpTransportStrategy, inject: [MessagingEnv, RunningJobs], useFactory: strategy },
    { provide: OwnerLock, inject: [DatabaseEnv, AmqpTransportStrategy, RunningJobs], useFactory: ownerLock },
    ConvertVideoUseCase,
    JobClaimer,
    JobFinisher,
    JobWorkspace,
    LeaseKeeper,
    SourceConverter,
    WorkerLifecycle,
    WorkerRegistration,
  ],
  exports: [AmqpTransportStrategy, JobWorkspace, OwnerLock],
})
export class ConversionModule {}

function runningJobs(env: ConversionEnv): RunningJobs {
  const cores = env.WORKER_CPUS ?? availableCpus();
  return new RunningJobs(env.WORKER_CONCURRENCY ?? cores, cores);
}

function strategy({ RABBITMQ_URL }: MessagingEnv, { slots }: RunningJobs): AmqpTransportStrategy {
  const consumer = new AmqpTransportStrategy({
    url: RABBITMQ_URL,
    queue: VIDEO_QUEUE,
    prefetch: slots,
    connectionName: 'worker consumer',
  });
  consumer.pause();
  return consumer;
}

/** Consumes only while the lock is held: without it the reconciler cannot see that this worker is alive. */
function ownerLock(env: DatabaseEnv, consumer: AmqpTransportStrategy, { shutdown }: RunningJobs): OwnerLock {
  const logger = new Logger(OwnerLock.name);
  return new OwnerLock(env, {
    // The lock can be taken again during a shutdown, which must not start to consume.
    onChange: (isHeld) => (isHeld && !shutdown.aborted ? consumer.resume() : consumer.pause()),
    onError: (error) => logger.warn({ msg: 'The worker lock is lost; retrying', err: error }),
  });
}
