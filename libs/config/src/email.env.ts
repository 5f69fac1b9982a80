import { EnvInteger, EnvOptional, EnvText } from './env-fields.js';
import type { CrossChecked } from './environment.js';

/** One address, with or without a name before it. */
const MAIL_FROM = /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

export class EmailEnv implements CrossChecked {
  /** The server that sends email, such as `smtp://user:password@mail.example.org:587` or `smtps://…:465`. Without it, email is off. */
  @EnvOptional()
  @EnvText()
  SMTP_URL?: string = undefined;

  /** The sender of emails, such as `Video to MP3 <mp3@example.org>`. Must be set with SMTP_URL. */
  @EnvOptional()
  @EnvText()
  MAIL_FROM?: string = undefined;

  /** The longest time that the mail server can take for one email, in seconds. */
  @EnvInteger(1, 300)
  SMTP_TIMEOUT_SECONDS = 120;

  get isEmailEnabled(): boolean {
    return this.SMTP_URL !== undefined;
  }

  /** The host of the sender's address, for Message-IDs. */
  get senderHost(): string {
    return /@([^\s<>@]+)>?$/.exec(this.MAIL_FROM ?? '')?.[1] ?? 'localhost';
  }

  problems(): string[] {
    if (this.SMTP_URL === undefined) return [];
    const isSmtp = URL.canParse(this.SMTP_URL) && /^smtps?:$/.test(new URL(this.SMTP_URL).protocol);
    return [
      ...(isSmtp ? [] : ['SMTP_URL must look like smtp://mail.example.org:587']),
      ...(MAIL_FROM.test(this.MAIL_FROM ?? '') ? [] : ['MAIL_FROM must be an address, such as mp3@example.org']),
    ];
  }
}
