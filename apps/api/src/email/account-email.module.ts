import { DatabaseModule } from '@app/database';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { RateLimitsModule } from '../rate-limits/rate-limits.module.js';
import { AccountEmailController } from './account-email.controller.js';
import { AccountEmailService } from './account-email.service.js';
import { EmailLinks } from './email-links.js';
import { EmailPagesController } from './email-pages.controller.js';
import { EmailSettings } from './email-settings.js';

@Module({
  imports: [AuthModule, DatabaseModule, RateLimitsModule],
  controllers: [AccountEmailController, EmailPagesController],
  providers: [AccountEmailService, EmailLinks, EmailSettings],
})
export class AccountEmailModule {}
