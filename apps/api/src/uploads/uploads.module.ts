import { DatabaseModule } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConvertAgainController } from './convert-again.controller.js';
import { OpenUploads } from './open-uploads.js';
import { SourceIntake } from './source-intake.js';
import { UPLOAD_PACE } from './upload-feed.js';
import { UploadOptionsReader } from './upload-options.js';
import { UploadReceiver } from './upload-receiver.js';
import { UploadsController } from './uploads.controller.js';
import { UploadsEnv } from './uploads.env.js';
import { UploadsService } from './uploads.service.js';

@Module({
  imports: [AuthModule, DatabaseModule, DispatchModule, StorageModule],
  controllers: [UploadsController, ConvertAgainController],
  providers: [
    OpenUploads,
    SourceIntake,
    UploadOptionsReader,
    UploadsService,
    {
      provide: UploadReceiver,
      inject: [SourceIntake, UploadsEnv],
      useFactory: (intake: SourceIntake, env: UploadsEnv) => new UploadReceiver(intake, env, UPLOAD_PACE),
    },
  ],
})
export class UploadsModule {}
