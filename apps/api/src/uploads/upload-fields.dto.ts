import { IsIn, IsOptional } from 'class-validator';
import { IsWebhookUrl } from '../webhooks/webhook-url.decorator.js';

export const NOTIFY = ['email', 'none'] as const;

/** The options of an upload, which come before its file, and of a conversion of a stored video. */
export class UploadFieldsDto {
  @IsOptional()
  @IsIn(NOTIFY, { message: `$property must be one of ${NOTIFY.join(', ')}` })
  notify?: (typeof NOTIFY)[number] | null;

  @IsOptional()
  @IsWebhookUrl()
  callback_url?: string | null;
}
