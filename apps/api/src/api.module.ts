import { ConfigModule, EmailEnv, type Environment } from '@app/config';
import { DatabaseModule } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { HealthModule, LoggingModule } from '@app/observability';
import { StorageModule } from '@app/storage';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuthEnv } from './auth/auth.env.js';
import { AuthModule } from './auth/auth.module.js';
import { AccountEmailModule } from './email/account-email.module.js';
import { DownloadsModule } from './downloads/downloads.module.js';
import { HttpModule } from './http/http.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { UploadsEnv } from './uploads/uploads.env.js';
import { UploadsModule } from './uploads/uploads.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { WebModule } from './web/web.module.js';
import { Readiness } from './readiness.service.js';
import { MaintenanceModule } from './maintenance/maintenance.module.js';

@Module({})
export class ApiModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        ConfigModule.forRoot(environment),
        LoggingModule.forRoot('api'),
        HealthModule,
        HttpModule,
        DatabaseModule,
        MessagingModule,
        StorageModule,
        AuthModule,
        AccountEmailModule,
        UploadsModule,
        JobsModule,
        DownloadsModule,
        WebhooksModule,
        MaintenanceModule,
        WebModule.forRoot({
          maxUploadBytes: environment.get(UploadsEnv).MAX_UPLOAD_BYTES,
          isRegistrationOpen: environment.get(AuthEnv).REGISTRATION === 'open',
          isEmailEnabled: environment.get(EmailEnv).isEmailEnabled,
        }),
      ],
      providers: [Readiness],
    };
  }
}
