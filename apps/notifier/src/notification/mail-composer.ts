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

/** Writes one mail for one or more deliveries. */
export class MailComposer {
  constructor(
    private readonly users: UserRepository,
    private readonly mails: MailRepository,
    private readonly signers: LinkSigners,
    private readonly addresses: MailAddresses,
  ) {}

  /** Returns null if the user no longer exists or has no usable address. */
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
      // Each attempt sends a new link and needs a new id. Otherwise servers could drop the valid mail as a duplicate.
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

  /** Returns one id for all attempts, and a new one for a redelivery, which servers must not drop as a duplicate. */
  private messageId({ id, attemptsBefore }: TakenDelivery): string {
    return `${id}${attemptsBefore === 0 ? '' : `.${attemptsBefore}`}@${this.addresses.host}`;
  }

  /** Puts the expiry into the link, so that every attempt sends the same link. */
  private verification(user: User, { facts, createdAt }: TakenDelivery): MailContent | null {
    const { email } = facts as { readonly email: string };
    if (email !== user.email) return null;
    const until = Math.floor(createdAt.getTime() / 1000) + VERIFICATION_HOURS * 3600;
    const token = this.signers.verification.sign({ user: user.id, email, until });
    const url = this.link('/auth/email-verification/confirm', token);
    return url === null ? null : verificationMail(user.username, url, VERIFICATION_HOURS);
  }

  /** Stores only the hash of the token, so that a copy of the database is not enough to set a password. */
  private async passwordReset(user: User, delivery: TakenDelivery): Promise<MailContent | null> {
    // The token contains the user's id, so that hashes need no index.
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
