import type { User } from '@app/database';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { NewWebhookDto, WebhookChangeDto } from './webhook-request.dto.js';
import { WebhookDto, WebhookListDto, WebhookWithSecretDto } from './webhook.dto.js';
import {
  ApiChangeWebhook,
  ApiCreateWebhook,
  ApiDeleteWebhook,
  ApiGetWebhook,
  ApiListWebhooks,
  ApiRotateWebhookSecret,
  ApiWebhooks,
} from './webhooks.operations.js';
import { WebhooksService } from './webhooks.service.js';

/** The longest URL, if each of its characters is escaped, and the rest. */
const MAX_BODY_BYTES = 16 * 1024;
const READ_BODY = new ReadBodyInterceptor({ form: false, maxBytes: MAX_BODY_BYTES });

@ApiWebhooks()
@Controller('webhooks')
@UseGuards(JwtAuthGuard)
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @ApiCreateWebhook()
  @UseInterceptors(READ_BODY)
  async create(
    @CurrentUser() user: User,
    @Body() target: NewWebhookDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WebhookWithSecretDto> {
    const created = await this.webhooks.create(user.id, target);
    response.setHeader('Location', `/webhooks/${created.webhook.id}`);
    return new WebhookWithSecretDto(created);
  }

  @Get()
  @ApiListWebhooks()
  async list(@CurrentUser() user: User): Promise<WebhookListDto> {
    return new WebhookListDto(await this.webhooks.list(user.id));
  }

  @Get(':webhook_id')
  @ApiGetWebhook()
  async get(@Param('webhook_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<WebhookDto> {
    return new WebhookDto(await this.webhooks.get(id, user.id));
  }

  @Patch(':webhook_id')
  @ApiChangeWebhook()
  @UseInterceptors(READ_BODY)
  async change(
    @Param('webhook_id', UuidPipe) id: string,
    @CurrentUser() user: User,
    @Body() { url, events, enabled }: WebhookChangeDto,
  ): Promise<WebhookDto> {
    return new WebhookDto(await this.webhooks.change(id, user.id, { url, events, isEnabled: enabled }));
  }

  @Delete(':webhook_id')
  @ApiDeleteWebhook()
  @HttpCode(204)
  async delete(@Param('webhook_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<void> {
    await this.webhooks.delete(id, user.id);
  }

  @Post(':webhook_id/rotate-secret')
  @ApiRotateWebhookSecret()
  @HttpCode(200)
  async rotateSecret(
    @Param('webhook_id', UuidPipe) id: string,
    @CurrentUser() user: User,
  ): Promise<WebhookWithSecretDto> {
    return new WebhookWithSecretDto(await this.webhooks.rotateSecret(id, user.id));
  }
}
