import { Module } from '@nestjs/common';
import { WebhookCaller } from './webhook-caller.js';

@Module({ providers: [WebhookCaller], exports: [WebhookCaller] })
export class WebhookModule {}
