import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './secret-box.js';

/** The purpose of links in emails that end these emails. */
export const UNSUBSCRIBE_LINKS = 'unsubscribe links';
export interface UnsubscribeClaims {
  readonly user: number;
}

/** The purpose of links in emails that verify an address. */
export const VERIFICATION_LINKS = 'email verification links';
export interface VerificationClaims {
  readonly user: number;
  readonly email: string;
  /** Seconds since 1970. */
  readonly until: number;
}

const MAX_CHARACTERS = 1024;

/** Signs the claims of a link, so that no row in the database is needed to verify them: JSON and its HMAC, in base64url. */
export class SignedTokens<Claims extends object> {
  private readonly key: Buffer;

  /** @param purpose separates the keys of different kinds of link */
  constructor(secretKey: string, purpose: string) {
    this.key = deriveKey(secretKey, purpose);
  }

  sign(claims: Claims): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${body}.${this.macOf(body).toString('base64url')}`;
  }

  /** Returns what was signed, or null if it was not signed under this key or was changed. */
  verify(token: string): Claims | null {
    const [body, mac, ...rest] = token.split('.');
    if (token.length > MAX_CHARACTERS || body === undefined || mac === undefined || rest.length > 0) return null;
    const expected = this.macOf(body);
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  }

  private macOf(body: string): Buffer {
    return createHmac('sha256', this.key).update(body).digest();
  }
}
