import { createHash, randomBytes } from 'node:crypto';
import type { MailRepository, TakenDelivery, User, UserRepository } from '@app/database';
import type { SignedTokens, UnsubscribeClaims, VerificationClaims } from '@app/secrets';
import {
  passwordResetMail,
  verificationMail,
  webhookDisabledMail,
  type DisabledReason,
} from '../email/account-mails.js';
import { conversionMail, type FinishedConversion, type MailContent } from '../email/conversion-mail.js';
import type { Mail } from '../email/mailer.js';
import type { ConversionFacts } from './event-body.js';

export const VERIFICATION_HOURS = 48;
export const PASSWORD_RESET_MINUTES = 30;
const RESET_TOKEN_BYTES = 32;

export interface MailAddresses {
  /** The base address of links; null if the service does not know its own address. */
  readonly publicUrl: string | null;
  /** The right side of Message-IDs. */
  readonly host: string;
}

export interface LinkSigners {
  readonly unsubscribe: SignedTokens<UnsubscribeClaims>;
  readonly verification: SignedTokens<VerificationClaims>;
}

/** Writes the mail of deliveries that were gathered into one. */
export class MailComposer {
  constructor(
    private readonly users: UserRepository,
    private readonly mails: MailRepository,
    private readonly signers: LinkSigners,
    private readonly addresses: MailAddresses,
  ) {}

  /** Returns null if there is nobody to write to any more. */
  async compose(first: TakenDelivery, gathered: readonly TakenDelivery[]): Promise<Mail | null> {
    const user = await this.users.findById(first.userId);
    if (user === null || user.email === null) return null;
    const mail = { to: user.email, messageId: this.messageId(first), unsubscribeUrl: null };
    if (first.eventType === 'account.email_verification') {
      const content = this.verification(user, first);
      return content === null ? null : { ...mail, ...content };
    }
    if (user.emailVerifiedAt === null) return null;
    if (first.eventType === 'account.password_reset') {
      const content = await this.passwordReset(user, first);
      // Each attempt has a link of its own, so a server that drops copies must not drop the valid one.
      const messageId = `${first.id}.${first.attempt}@${this.addresses.host}`;
      return content === null ? null : { ...mail, messageId, ...content };
    }
    if (first.eventType === 'webhook.disabled') {
      const { webhook_id, reason } = first.facts as { readonly webhook_id: string; readonly reason: DisabledReason };
      return { ...mail, ...webhookDisabledMail(webhook_id, reason) };
    }
    const unsubscribeUrl = this.link('/email/unsubscribe', this.signers.unsubscribe.sign({ user: user.id }));
    const links = { page: this.link('/'), unsubscribe: unsubscribeUrl };
    return { ...mail, ...conversionMail(gathered.map(conversionOf), links), unsubscribeUrl };
  }

  /** The same for all attempts of a mail; a redelivery is another mail, which no server must drop as a copy. */
  private messageId({ id, attemptsBefore }: TakenDelivery): string {
    return `${id}${attemptsBefore === 0 ? '' : `.${attemptsBefore}`}@${this.addresses.host}`;
  }

  /** The link says when it ends, so that every attempt has the same one. */
  private verification(user: User, { facts, createdAt }: TakenDelivery): MailContent | null {
    const { email } = facts as { readonly email: string };
    if (email !== user.email) return null;
    const until = Math.floor(createdAt.getTime() / 1000) + VERIFICATION_HOURS * 3600;
    const token = this.signers.verification.sign({ user: user.id, email, until });
    const url = this.link('/auth/email-verification/confirm', token);
    return url === null ? null : verificationMail(user.username, url, VERIFICATION_HOURS);
  }

  /** Only the hash of the token is kept: a copy of the database sets no password. */
  private async passwordReset(user: User, delivery: TakenDelivery): Promise<MailContent | null> {
    // With the id, so that the user is found without an index of hashes.
    const token = `${user.id}.${randomBytes(RESET_TOKEN_BYTES).toString('base64url')}`;
    const url = this.link('/auth/password-reset/confirm', token);
    if (url === null) return null;
    const hash = createHash('sha256').update(token).digest();
    const isStored = await this.mails.storePasswordReset(delivery, hash, PASSWORD_RESET_MINUTES);
    return isStored ? passwordResetMail(user.username, url, PASSWORD_RESET_MINUTES) : null;
  }

  private link(path: string, token?: string): string | null {
    const { publicUrl } = this.addresses;
    if (publicUrl === null) return null;
    return token === undefined ? `${publicUrl}${path}` : `${publicUrl}${path}?token=${token}`;
  }
}

function conversionOf({ facts }: TakenDelivery): FinishedConversion {
  const { job_id, filename, duration_ms, error } = facts as ConversionFacts;
  return { jobId: job_id, filename: filename ?? null, durationMs: duration_ms ?? null, error };
}
