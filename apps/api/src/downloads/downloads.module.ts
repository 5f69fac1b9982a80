import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { DownloadsController } from './downloads.controller.js';
import { DownloadsService } from './downloads.service.js';
import { OutputSender } from './output-sender.js';

@Module({
  imports: [AuthModule, JobsModule, StorageModule],
  controllers: [DownloadsController],
  providers: [DownloadsService, OutputSender],
})
export class DownloadsModule {}
