import { setTimeout as sleep } from 'node:timers/promises';
import { AccountEmailRepository, MailRepository } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PasswordService } from '../auth/password.service.js';
import { EmailLinks } from './email-links.js';
import { EmailSettings } from './email-settings.js';

/** Longer than recording an email takes, so that the time of an answer does not tell whether one was recorded. */
const ANSWER_MS = 300;

/** Asks the notifier for emails about accounts, and applies the links in them. */
@Injectable()
export class AccountEmailService {
  constructor(
    private readonly mails: MailRepository,
    private readonly accounts: AccountEmailRepository,
    private readonly links: EmailLinks,
    private readonly passwords: PasswordService,
    private readonly settings: EmailSettings,
  ) {}

  async requestVerification(userId: number): Promise<void> {
    this.settings.requireEmail();
    const outcome = await this.mails.requestVerification(userId);
    if (outcome !== 'requested') throw new DomainError(outcome);
  }

  /** A known and an unknown address get the same answer after the same time. */
  async requestPasswordReset(email: string): Promise<void> {
    this.settings.requireEmail();
    await Promise.all([this.mails.requestPasswordReset(email), sleep(ANSWER_MS)]);
  }

  async verifyEmail(token: unknown): Promise<void> {
    const { user, email } = this.links.readVerification(token);
    if (!(await this.accounts.verify(user, email))) throw new DomainError('link_invalid');
  }

  /** `client` is the network address of the request. */
  async resetPassword(token: unknown, password: string, client: string): Promise<void> {
    await this.passwords.reset(this.links.readPasswordReset(token), password, client);
  }

  async stopConversionEmails(token: unknown): Promise<void> {
    await this.accounts.stopConversionEmails(this.links.readUnsubscribe(token).user);
  }
}
