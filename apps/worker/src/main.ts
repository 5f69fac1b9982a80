import 'reflect-metadata';
import { CoreEnv, readEnvironment, startProcess } from '@app/config';
import { FailpointsEnv, enableFailpoints } from '@app/failpoints';
import { AmqpTransportStrategy } from '@app/messaging';
import { BUFFERED_LOGS, useStructuredLogs } from '@app/observability';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WORKER_ENVIRONMENT } from './env.js';
import { WorkerModule } from './worker.module.js';

await startProcess(async () => {
  const environment = readEnvironment(WORKER_ENVIRONMENT);
  const core = environment.get(CoreEnv);
  enableFailpoints(environment.get(FailpointsEnv).FAILPOINTS_DIRECTORY, core.isProduction);
  const app = await NestFactory.create(WorkerModule.forRoot(environment), { ...BUFFERED_LOGS, abortOnError: false });
  useStructuredLogs(app);
  // Nest would raise the signal again, but a graceful shutdown ends with exit code 0.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  app.connectMicroservice({ strategy: app.get(AmqpTransportStrategy) });
  await app.listen(core.HEALTH_PORT, core.HOST);
  await app.startAllMicroservices();
  new Logger('Worker').log(`Health at ${await app.getUrl()}/health/ready`);
});
