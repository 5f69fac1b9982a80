import { DatabaseModule } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { StorageModule } from '@app/storage';
import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobMovesService } from './job-moves.service.js';
import { JobRemovalService } from './job-removal.service.js';
import { JobSelection } from './job-selection.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { StatusShortcut } from './status-shortcut.js';

@Module({
  imports: [AuthModule, DatabaseModule, DispatchModule, StorageModule],
  controllers: [JobsController],
  providers: [JobMovesService, JobRemovalService, JobSelection, JobsService],
  exports: [JobsService],
})
export class JobsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(StatusShortcut).forRoutes({ path: 'media/:job_id/status', method: RequestMethod.GET });
  }
}
