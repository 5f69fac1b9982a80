import type { MailContent } from './conversion-mail.js';
import { mailBody, nameInMail } from './mail-body.js';

export function verificationMail(username: string, url: string, validHours: number): MailContent {
  const blocks = [
    { paragraph: `Confirm that this address belongs to the account ${nameInMail(username)}.` },
    { link: 'Confirm the address', url },
    { paragraph: `The link is valid for ${validHours} hours. If you did not ask for it, ignore this email.` },
  ];
  return { subject: 'Confirm your email address', ...mailBody(blocks) };
}

export function passwordResetMail(username: string, url: string, validMinutes: number): MailContent {
  const blocks = [
    { paragraph: `Set a new password for the account ${nameInMail(username)}.` },
    { link: 'Set a new password', url },
    {
      paragraph: `The link is valid for ${validMinutes} minutes and works once. If you did not ask for it, ignore this email: your password stays as it is.`,
    },
  ];
  return { subject: 'Set a new password', ...mailBody(blocks) };
}

export type DisabledReason = 'gone' | 'failing';

const REASONS: Readonly<Record<DisabledReason, string>> = {
  gone: 'Its server answered 410 Gone.',
  failing: 'Its server has not accepted a call for several days.',
};

export function webhookDisabledMail(webhookId: string, reason: DisabledReason): MailContent {
  const blocks = [
    { paragraph: `A webhook of your account was disabled. ${REASONS[reason]}` },
    { facts: [['Webhook', nameInMail(webhookId)] as const] },
    { paragraph: 'Repair its server, then enable the webhook again.' },
  ];
  return { subject: 'A webhook was disabled', ...mailBody(blocks) };
}
