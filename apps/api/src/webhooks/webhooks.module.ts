import { DatabaseModule } from '@app/database';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { AccountDeliveriesController } from './account-deliveries.controller.js';
import { AccountDeliveriesService } from './account-deliveries.service.js';
import { CallbackSecretController } from './callback-secret.controller.js';
import { CallbackSecretService } from './callback-secret.service.js';
import { DeliveriesController } from './deliveries.controller.js';
import { SigningSecrets } from './signing-secrets.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  imports: [AuthModule, DatabaseModule],
  controllers: [CallbackSecretController, WebhooksController, DeliveriesController, AccountDeliveriesController],
  providers: [AccountDeliveriesService, CallbackSecretService, SigningSecrets, WebhooksService],
})
export class WebhooksModule {}
