import { DELIVERY_STATUSES, LOGGED_DELIVERIES } from '@app/database';
import type { DeliveryStatus, LoggedDelivery } from '@app/database';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { DeliveryDto } from './delivery.dto.js';

export class DeliveryFilterDto {
  @ApiProperty({
    description: 'Return only deliveries with this status.',
    enum: [...DELIVERY_STATUSES],
    type: String,
    required: false,
    example: 'FAILED',
  })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES, { message: `$property can be ${DELIVERY_STATUSES.join(', ')}` })
  status?: DeliveryStatus;
}

@ApiSchema({ name: 'AccountDelivery' })
export class AccountDeliveryDto extends DeliveryDto {
  @ApiProperty({
    description: '`email`: an email to you. `callback`: a call of the `callback_url` of an upload.',
    enum: ['email', 'callback'],
    type: String,
    example: 'email',
  })
  readonly channel: string;

  @ApiProperty({
    description: 'The address that is called; null for emails.',
    type: String,
    nullable: true,
    example: null,
  })
  readonly callback_url: string | null;

  constructor(delivery: LoggedDelivery) {
    super(delivery);
    this.channel = delivery.channel === 'email' ? 'email' : 'callback';
    this.callback_url = delivery.callbackUrl;
  }
}

@ApiSchema({ name: 'AccountDeliveryList' })
export class AccountDeliveryListDto {
  @ApiProperty({
    description: `The last ${LOGGED_DELIVERIES} emails and callbacks, newest first.`,
    type: [AccountDeliveryDto],
    maxItems: LOGGED_DELIVERIES,
  })
  readonly items: AccountDeliveryDto[];

  constructor(deliveries: readonly LoggedDelivery[]) {
    this.items = deliveries.map((delivery) => new AccountDeliveryDto(delivery));
  }
}
