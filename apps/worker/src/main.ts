import { CoreEnv, startProcess } from '@app/config';
import { FailpointsEnv, enableFailpoints } from '@app/failpoints';
import { AmqpTransportStrategy } from '@app/messaging';
import { useStructuredLogs } from '@app/observability';
import { NestFactory } from '@nestjs/core';
import { readWorkerEnvironment } from './env.js';
import { WorkerModule } from './worker.module.js';

await startProcess(async () => {
  const environment = readWorkerEnvironment();
  const core = environment.get(CoreEnv);
  enableFailpoints(environment.get(FailpointsEnv).FAILPOINTS_DIRECTORY, core.isProduction);
  const app = await NestFactory.create(WorkerModule.forRoot(environment), { bufferLogs: true, abortOnError: false });
  useStructuredLogs(app);
  app.enableShutdownHooks();
  app.connectMicroservice({ strategy: app.get(AmqpTransportStrategy) });
  await app.listen(core.HEALTH_PORT, core.HOST);
  await app.startAllMicroservices();
});
