import { CoreEnv } from '@app/config';
import { Global, Module, type DynamicModule, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { loggerParams, type ProcessKind } from './logger-options.js';
import { RequestLog } from './request-log.js';

/**
 * Structured logs for Nest's `Logger`, which all code uses. To add fields to a message, log an object:
 * `logger.warn({ msg: 'Not stored', err: error, job_id })`. `useStructuredLogs(app)` enables it.
 */
@Global()
@Module({})
export class LoggingModule implements NestModule {
  static forRoot(kind: ProcessKind): DynamicModule {
    return {
      module: LoggingModule,
      imports: [
        LoggerModule.forRootAsync({ inject: [CoreEnv], useFactory: (core: CoreEnv) => loggerParams(core, kind) }),
      ],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestLog).forRoutes('{*path}');
  }
}
