import { ConfigModule, type Environment } from '@app/config';
import { DatabaseModule } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { HealthModule, LoggingModule } from '@app/observability';
import { Module, type DynamicModule } from '@nestjs/common';
import { NotificationModule } from './notification/notification.module.js';
import { NotifierHealth } from './notifier-health.js';

@Module({})
export class NotifierModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: NotifierModule,
      imports: [
        ConfigModule.forRoot(environment),
        LoggingModule.forRoot('notifier'),
        HealthModule,
        DatabaseModule,
        MessagingModule,
        NotificationModule,
      ],
      providers: [NotifierHealth],
    };
  }
}
