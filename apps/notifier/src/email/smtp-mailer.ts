import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { Mailer, type Mail, type MailResult } from './mailer.js';

export interface SmtpSettings {
  readonly url: string;
  readonly from: string;
  readonly timeoutSeconds: number;
}

interface SmtpError {
  /** SMTP's three digits. */
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly code?: string;
}

const ACCEPTED: MailResult = { error: null, isFinal: false };
/** Answers to these commands are about the mail; answers to others are about the connection or the sign-in. */
const COMMANDS_OF_A_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
/** Answers about signing in, which the operator can put right: https://www.rfc-editor.org/rfc/rfc4954#section-6 */
const SIGN_IN_CODES = new Set([530, 534, 535, 538]);
/** Longer than any address or sentence of a server needs. */
const MAX_LOGGED = 500;

/** Sends through an SMTP server, with a connection for each mail. */
export class SmtpMailer extends Mailer {
  private readonly logger = new Logger(SmtpMailer.name);
  private readonly transport;

  constructor(private readonly settings: SmtpSettings) {
    super();
    const { url, from } = settings;
    const defaults = { from, disableFileAccess: true, disableUrlAccess: true };
    // A password goes over an encrypted connection only.
    this.transport = createTransport({ url, requireTLS: new URL(url).password !== '' }, defaults);
  }

  override async send(mail: Mail, signal: AbortSignal): Promise<MailResult> {
    const timeout = AbortSignal.timeout(this.settings.timeoutSeconds * 1000);
    try {
      await this.transport.sendMail({ ...messageOf(mail), signal: AbortSignal.any([signal, timeout]) });
      return ACCEPTED;
    } catch (error) {
      signal.throwIfAborted();
      return this.resultOf(mail, error as SmtpError, timeout.aborted);
    }
  }

  private resultOf({ messageId }: Mail, error: SmtpError, isTimeout: boolean): MailResult {
    const { code, command, response, responseCode } = error;
    const answer = response?.slice(0, MAX_LOGGED);
    this.logger.warn({ msg: 'A mail was not accepted', message_id: messageId, code, command, answer });
    if (isTimeout) {
      return {
        error: `The mail server did not answer within ${this.settings.timeoutSeconds} seconds.`,
        isFinal: false,
      };
    }
    if (responseCode === undefined) {
      // Without an answer, only an address that cannot be written into an envelope is hopeless.
      return code === 'EENVELOPE'
        ? { error: 'The address cannot receive email.', isFinal: true }
        : { error: 'The connection to the mail server failed.', isFinal: false };
    }
    const isFinal = responseCode >= 500 && COMMANDS_OF_A_MAIL.has(command ?? '') && !SIGN_IN_CODES.has(responseCode);
    const sentence = isFinal ? 'rejected the email' : 'does not accept the email yet';
    return { error: `The mail server ${sentence} (${responseCode}).`, isFinal };
  }
}

function messageOf({ to, messageId, subject, text, html, unsubscribeUrl }: Mail): object {
  return {
    // As an object: a text would be parsed, and could name several recipients.
    to: { name: '', address: to },
    messageId: `<${messageId}>`,
    subject,
    text,
    html,
    headers: {
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribeUrl !== null && {
        // Prepared: the header must stay in one piece, however long the link is.
        'List-Unsubscribe': { prepared: true, foldLines: false, value: `<${unsubscribeUrl}>` },
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  };
}
