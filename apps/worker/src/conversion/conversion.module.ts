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
import { DrainSignal } from './drain-signal.js';
import { JobClaimer } from './job-claimer.js';
import { JobFinisher } from './job-finisher.js';
import { JobWorkspace } from './job-workspace.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Slots } from './slots.js';
import { WorkInHand } from './work-in-hand.js';
import { WorkerLife } from './worker-life.js';

@Module({
  imports: [DatabaseModule, DispatchModule, TranscodingModule, MessagingModule, StorageModule],
  controllers: [ConversionConsumer],
  providers: [
    { provide: Slots, inject: [ConversionEnv], useFactory: slots },
    { provide: AmqpTransportStrategy, inject: [MessagingEnv, Slots], useFactory: strategy },
    { provide: OwnerLock, inject: [DatabaseEnv, AmqpTransportStrategy, DrainSignal], useFactory: ownerLock },
    ConvertVideoUseCase,
    DrainSignal,
    JobClaimer,
    JobFinisher,
    JobWorkspace,
    LeaseKeeper,
    WorkInHand,
    WorkerLife,
  ],
  exports: [AmqpTransportStrategy, JobWorkspace, OwnerLock],
})
export class ConversionModule {}

function slots(env: ConversionEnv): Slots {
  return new Slots(env.WORKER_CONCURRENCY ?? env.WORKER_CPUS ?? availableCpus());
}

function strategy({ RABBITMQ_URL }: MessagingEnv, { size }: Slots): AmqpTransportStrategy {
  const consumer = new AmqpTransportStrategy({
    url: RABBITMQ_URL,
    queue: VIDEO_QUEUE,
    prefetch: size,
    connectionName: 'worker consumer',
  });
  consumer.pause();
  return consumer;
}

/** Nothing is consumed without the owner's lock: without it the reconciler would take this worker for dead. */
function ownerLock(env: DatabaseEnv, consumer: AmqpTransportStrategy, { signal }: DrainSignal): OwnerLock {
  const logger = new Logger(OwnerLock.name);
  return new OwnerLock(env, {
    // A drain may last longer than the lock's connection: what then came in would go round between workers.
    onChange: (isHeld) => (isHeld && !signal.aborted ? consumer.resume() : consumer.pause()),
    onError: (error) => logger.warn({ msg: 'The worker lock was lost; it is taken again', err: error }),
  });
}
