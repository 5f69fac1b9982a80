/** An email to one address. */
export interface Mail {
  readonly to: string;
  /** Without angle brackets. The same at every attempt: a server that has the mail already can tell. */
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** A link that ends mails like this one by a single request, without signing in (RFC 8058). */
  readonly unsubscribeUrl: string | null;
}

export interface MailResult {
  /** A sentence for the recipient's account; null if the server accepted the mail. */
  readonly error: string | null;
  /** No further attempt can succeed. */
  readonly isFinal: boolean;
}

/** Hands mails to a mail server. */
export abstract class Mailer {
  /** Rejects only with the reason of `signal`; every other end is a result. */
  abstract send(mail: Mail, signal: AbortSignal): Promise<MailResult>;
}
