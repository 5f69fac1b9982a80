import type { User } from '@app/database';
import { Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { AccountDeliveriesService } from './account-deliveries.service.js';
import { AccountDeliveryDto, AccountDeliveryListDto, DeliveryFilterDto } from './account-delivery.dto.js';
import {
  ApiAccountDeliveries,
  ApiListAccountDeliveries,
  ApiRedeliverToAccount,
} from './account-deliveries.operations.js';

/** The emails and callbacks of an account. */
@ApiAccountDeliveries()
@Controller('deliveries')
@UseGuards(JwtAuthGuard)
export class AccountDeliveriesController {
  constructor(private readonly deliveries: AccountDeliveriesService) {}

  @Get()
  @ApiListAccountDeliveries()
  async list(@CurrentUser() user: User, @Query() { status }: DeliveryFilterDto): Promise<AccountDeliveryListDto> {
    return new AccountDeliveryListDto(await this.deliveries.list(user.id, status ?? null));
  }

  @Post(':delivery_id/redeliver')
  @ApiRedeliverToAccount()
  @HttpCode(202)
  async redeliver(@Param('delivery_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<AccountDeliveryDto> {
    return new AccountDeliveryDto(await this.deliveries.redeliver(id, user.id));
  }
}
