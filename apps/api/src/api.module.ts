import { ConfigModule, type Environment } from '@app/config';
import { DatabaseModule } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { HealthModule, LoggingModule } from '@app/observability';
import { StorageModule } from '@app/storage';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { HttpModule } from './http/http.module.js';
import { MediaModule } from './media/media.module.js';
import { Readiness } from './readiness.service.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';

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
        UpkeepModule,
      ],
      providers: [Readiness],
    };
  }
}
