import 'reflect-metadata';
import { CoreEnv, readEnvironment, startProcess } from '@app/config';
import { FailpointsEnv, enableFailpoints } from '@app/failpoints';
import { AmqpTransportStrategy } from '@app/messaging';
import { BUFFERED_LOGS, useStructuredLogs } from '@app/observability';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NOTIFIER_ENVIRONMENT } from './env.js';
import { NotifierModule } from './notifier.module.js';

await startProcess(async () => {
  const environment = readEnvironment(NOTIFIER_ENVIRONMENT);
  const core = environment.get(CoreEnv);
  enableFailpoints(environment.get(FailpointsEnv).FAILPOINTS_DIRECTORY, core.isProduction);
  const app = await NestFactory.create(NotifierModule.forRoot(environment), { ...BUFFERED_LOGS, abortOnError: false });
  useStructuredLogs(app);
  // Nest would raise the signal again; an orderly end is exit code 0.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  app.connectMicroservice({ strategy: app.get(AmqpTransportStrategy) });
  await app.listen(core.HEALTH_PORT, core.HOST);
  await app.startAllMicroservices();
  new Logger('Notifier').log(`Health at ${await app.getUrl()}/health/ready`);
});
