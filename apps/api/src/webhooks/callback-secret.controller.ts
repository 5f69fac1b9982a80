import type { User } from '@app/database';
import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { CallbackSecretDto } from './callback-secret.dto.js';
import { CallbackSecretService } from './callback-secret.service.js';
import { ApiCallbackSecret, ApiWebhooks } from './webhooks.operations.js';

@ApiWebhooks()
@Controller('auth/callback-secret')
@UseGuards(JwtAuthGuard)
export class CallbackSecretController {
  constructor(private readonly secrets: CallbackSecretService) {}

  @Post()
  @ApiCallbackSecret()
  @HttpCode(200)
  async replace(@CurrentUser() user: User): Promise<CallbackSecretDto> {
    return new CallbackSecretDto(await this.secrets.replace(user.id));
  }
}
