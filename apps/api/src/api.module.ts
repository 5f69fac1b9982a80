import { ConfigModule, type Environment } from '@app/config';
import { DatabaseModule } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { HealthModule, LoggingModule } from '@app/observability';
import { StorageModule } from '@app/storage';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuthEnv } from './auth/auth.env.js';
import { AuthModule } from './auth/auth.module.js';
import { HttpModule } from './http/http.module.js';
import { MediaEnv } from './media/media.env.js';
import { MediaModule } from './media/media.module.js';
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
        MediaModule,
        MaintenanceModule,
        WebModule.forRoot({
          maxUploadBytes: environment.get(MediaEnv).MAX_UPLOAD_BYTES,
          isRegistrationOpen: environment.get(AuthEnv).REGISTRATION === 'open',
        }),
      ],
      providers: [Readiness],
    };
  }
}
