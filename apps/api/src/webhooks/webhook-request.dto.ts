import { NOTIFICATION_EVENTS, type NotificationEvent } from '@app/domain';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsWebhookUrl, MAX_URL_CHARACTERS } from './webhook-url.decorator.js';

export const URL_PROPERTY = {
  description: 'The address that is called with POST: http or https, without a password.',
  type: String,
  format: 'uri',
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
  maxLength: MAX_URL_CHARACTERS,
  example: 'https://example.org/hooks/video-to-mp3',
} satisfies ApiPropertyOptions;

export const EVENTS_PROPERTY = {
  description: 'The events that it is called for, each once.',
  type: 'array' as const,
  items: { type: 'string', enum: [...NOTIFICATION_EVENTS] },
  minItems: 1,
  maxItems: NOTIFICATION_EVENTS.length,
  uniqueItems: true,
  example: ['conversion.done', 'conversion.failed'],
} satisfies ApiPropertyOptions;

const IsEvents = (): PropertyDecorator =>
  applyDecorators(
    IsIn(NOTIFICATION_EVENTS, { each: true, message: `$property can be ${NOTIFICATION_EVENTS.join(', ')}` }),
    ArrayUnique({ message: '$property must name each event once' }),
    ArrayMaxSize(NOTIFICATION_EVENTS.length, { message: `$property can be ${NOTIFICATION_EVENTS.join(', ')}` }),
    ArrayNotEmpty({ message: '$property must name at least one event' }),
    IsArray({ message: '$property must be a list of events' }),
  );

@ApiSchema({ name: 'NewWebhook' })
export class NewWebhookDto {
  @ApiProperty(URL_PROPERTY)
  @IsWebhookUrl()
  url: string;

  @ApiProperty(EVENTS_PROPERTY)
  @IsEvents()
  events: NotificationEvent[];
}

@ApiSchema({ name: 'WebhookChange' })
export class WebhookChangeDto {
  @ApiProperty({ ...URL_PROPERTY, required: false, nullable: true })
  @IsOptional()
  @IsWebhookUrl()
  url?: string | null;

  @ApiProperty({ ...EVENTS_PROPERTY, required: false, nullable: true })
  @IsOptional()
  @IsEvents()
  events?: NotificationEvent[] | null;

  @ApiProperty({
    description: 'False disables the webhook. True enables it and forgets its failures.',
    type: Boolean,
    required: false,
    nullable: true,
    example: true,
  })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  enabled?: boolean | null;
}
