import 'reflect-metadata';
import { CoreEnv, EnvironmentError, readEnvironment, startProcess } from '@app/config';
import { enableFailpoints, FailpointsEnv } from '@app/failpoints';
import { BUFFERED_LOGS, useStructuredLogs } from '@app/observability';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiModule } from './api.module.js';
import { API_ENVIRONMENT } from './env.js';
import { configureHttp } from './http/configure-http.js';
import { HttpEnv } from './http/http.env.js';
import { serveDocumentation } from './openapi/serve-documentation.js';

await startProcess(async () => {
  const environment = readEnvironment(API_ENVIRONMENT);
  const { HOST, isProduction } = environment.get(CoreEnv);
  enableFailpoints(environment.get(FailpointsEnv).FAILPOINTS_DIRECTORY, isProduction);
  const app = await NestFactory.create<NestExpressApplication>(ApiModule.forRoot(environment), {
    ...BUFFERED_LOGS,
    bodyParser: false,
    abortOnError: false,
  });
  useStructuredLogs(app);
  configureHttp(app);
  serveDocumentation(app);
  // Nest would raise the signal again; an orderly end is exit code 0.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await listen(app, environment.get(HttpEnv).PORT, HOST);
  new Logger('Api').log(`Listening on ${await app.getUrl()}`);
});

async function listen(app: NestExpressApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new EnvironmentError([`PORT ${port} is in use on ${host}: end that program or choose another`]);
    if (code === 'EACCES')
      throw new EnvironmentError([`PORT ${port} on ${host} needs more rights: choose one above 1023`]);
    throw error;
  }
}
