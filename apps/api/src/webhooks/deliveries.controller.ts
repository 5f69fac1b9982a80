import type { User } from '@app/database';
import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { DeliveryDto, DeliveryListDto } from './delivery.dto.js';
import { ApiListDeliveries, ApiRedeliver, ApiTestWebhook, ApiWebhooks } from './webhooks.operations.js';
import { WebhooksService } from './webhooks.service.js';

@ApiWebhooks()
@Controller('webhooks/:webhook_id')
@UseGuards(JwtAuthGuard)
export class DeliveriesController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post('test')
  @ApiTestWebhook()
  @HttpCode(202)
  async test(@Param('webhook_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<DeliveryDto> {
    return new DeliveryDto(await this.webhooks.test(id, user.id));
  }

  @Get('deliveries')
  @ApiListDeliveries()
  async list(@Param('webhook_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<DeliveryListDto> {
    return new DeliveryListDto(await this.webhooks.deliveries(id, user.id));
  }

  @Post('deliveries/:delivery_id/redeliver')
  @ApiRedeliver()
  @HttpCode(202)
  async redeliver(
    @Param('webhook_id', UuidPipe) id: string,
    @Param('delivery_id', UuidPipe) deliveryId: string,
    @CurrentUser() user: User,
  ): Promise<DeliveryDto> {
    return new DeliveryDto(await this.webhooks.redeliver(id, deliveryId, user.id));
  }
}
