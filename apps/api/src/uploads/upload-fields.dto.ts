import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { IsWebhookUrl } from '../webhooks/webhook-url.decorator.js';

export const NOTIFY = ['email', 'none'] as const;

/** Forms send an empty value for a field that the user left alone. */
const EmptyIsAbsent = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/** The fields of an upload form that come before its file. */
export class UploadFieldsDto {
  @EmptyIsAbsent()
  @IsOptional()
  @IsIn(NOTIFY, { message: `$property must be one of ${NOTIFY.join(', ')}` })
  notify?: (typeof NOTIFY)[number];

  @EmptyIsAbsent()
  @IsOptional()
  @IsWebhookUrl()
  callback_url?: string;
}
