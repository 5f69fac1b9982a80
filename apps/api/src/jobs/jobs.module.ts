import { DatabaseModule } from '@app/database';
import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { StatusShortcut } from './status-shortcut.js';

@Module({
  imports: [AuthModule, DatabaseModule],
  controllers: [JobsController],
  providers: [JobsService],
  exports: [JobsService],
})
export class JobsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(StatusShortcut).forRoutes({ path: 'media/:job_id/status', method: RequestMethod.GET });
  }
}
