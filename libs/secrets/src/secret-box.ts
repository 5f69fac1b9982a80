import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { DomainError } from '@app/domain';

/** The purpose of the signing secrets of webhooks and callbacks. */
export const WEBHOOK_SECRETS = 'webhook secrets';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const UNREADABLE = 'A stored secret cannot be decrypted with this SECRET_KEY.';

/**
 * Encrypts what must be kept in the database but used in clear text, such as the signing secret of a webhook. A copy
 * of the database alone does not reveal it. AES-256-GCM: nonce, ciphertext, tag.
 */
export class SecretBox {
  private readonly key: Buffer;

  /** @param purpose separates the keys of different kinds of secret */
  constructor(secretKey: string, purpose: string) {
    this.key = deriveKey(secretKey, purpose);
  }

  seal(secret: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce);
    return Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws `internal_error` if the secret was sealed under another key, or was changed. */
  open(sealed: Buffer): string {
    try {
      const decipher = createDecipheriv(CIPHER, this.key, sealed.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (error) {
      throw new DomainError('internal_error', { message: UNREADABLE, cause: error });
    }
  }
}

/** Returns a key for one purpose, from which neither the secret key nor a key for another purpose can be computed. */
export function deriveKey(secretKey: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', `video-to-mp3 ${purpose}`, KEY_BYTES));
}
