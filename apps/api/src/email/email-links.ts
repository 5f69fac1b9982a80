import { createHash } from 'node:crypto';
import { DomainError } from '@app/domain';
import {
  SecretKeyEnv,
  SignedTokens,
  UNSUBSCRIBE_LINKS,
  VERIFICATION_LINKS,
  type UnsubscribeClaims,
  type VerificationClaims,
} from '@app/secrets';
import { Injectable } from '@nestjs/common';

const MAX_USER_ID = 2 ** 31 - 1;
/** The user's id, a dot, and 32 random bytes in base64url. */
const RESET_TOKEN = /^([1-9]\d{0,9})\.[\w-]{43}$/;

export interface PasswordResetToken {
  readonly userId: number;
  /** SHA-256 of the whole token. */
  readonly hash: Buffer;
}

/** Reads the tokens of links in emails. Throws `link_invalid` if the service has not made them, or they have expired. */
@Injectable()
export class EmailLinks {
  private readonly unsubscribe: SignedTokens<UnsubscribeClaims>;
  private readonly verification: SignedTokens<VerificationClaims>;

  constructor({ SECRET_KEY }: SecretKeyEnv) {
    this.unsubscribe = new SignedTokens(SECRET_KEY, UNSUBSCRIBE_LINKS);
    this.verification = new SignedTokens(SECRET_KEY, VERIFICATION_LINKS);
  }

  /** These links do not expire: old emails must be as easy to stop as new ones. */
  readUnsubscribe(token: unknown): UnsubscribeClaims {
    return this.unsubscribe.verify(textOf(token)) ?? invalid();
  }

  readVerification(token: unknown): VerificationClaims {
    const claims = this.verification.verify(textOf(token)) ?? invalid();
    return claims.until * 1000 > new Date().getTime() ? claims : invalid();
  }

  readPasswordReset(token: unknown): PasswordResetToken {
    const text = textOf(token);
    const userId = Number(RESET_TOKEN.exec(text)?.[1] ?? invalid());
    if (userId > MAX_USER_ID) invalid();
    return { userId, hash: createHash('sha256').update(text).digest() };
  }
}

function textOf(token: unknown): string {
  return typeof token === 'string' ? token : invalid();
}

function invalid(): never {
  throw new DomainError('link_invalid');
}
