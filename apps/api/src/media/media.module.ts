import { DatabaseModule } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { ObjectStorage, StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MediaController } from './media.controller.js';
import { MediaEnv } from './media.env.js';
import { MediaService } from './media.service.js';
import { OutputSender } from './output-sender.js';
import { UPLOAD_PACE } from './upload-feed.js';
import { UploadReceiver } from './upload-receiver.js';

@Module({
  imports: [AuthModule, DatabaseModule, DispatchModule, StorageModule],
  controllers: [MediaController],
  providers: [
    MediaService,
    OutputSender,
    {
      provide: UploadReceiver,
      inject: [ObjectStorage, MediaEnv],
      useFactory: (storage: ObjectStorage, env: MediaEnv) => new UploadReceiver(storage, env, UPLOAD_PACE),
    },
  ],
})
export class MediaModule {}
