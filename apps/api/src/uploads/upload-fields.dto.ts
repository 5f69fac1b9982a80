import { IsIn, IsOptional } from 'class-validator';
import { IsWebhookUrl } from '../webhooks/webhook-url.decorator.js';

export const NOTIFY = ['email', 'none'] as const;

/** The fields of an upload form that come before its file. */
export class UploadFieldsDto {
  @IsOptional()
  @IsIn(NOTIFY, { message: `$property must be one of ${NOTIFY.join(', ')}` })
  notify?: (typeof NOTIFY)[number];

  @IsOptional()
  @IsWebhookUrl()
  callback_url?: string;
}
