import { EmailEnv } from '@app/config';
import { Logger, Module } from '@nestjs/common';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

@Module({ providers: [{ provide: Mailer, inject: [EmailEnv], useFactory: mailer }], exports: [Mailer] })
export class EmailModule {}

/** Returns null where email is off. */
function mailer({ SMTP_URL, MAIL_FROM = '', SMTP_TIMEOUT_SECONDS }: EmailEnv): Mailer | null {
  if (SMTP_URL !== undefined) {
    return new SmtpMailer({ url: SMTP_URL, from: MAIL_FROM, timeoutSeconds: SMTP_TIMEOUT_SECONDS });
  }
  new Logger('Email').log('Email is off: SMTP_URL is not set');
  return null;
}
