import { randomBytes } from 'node:crypto';
import { SecretBox, SecretKeyEnv, WEBHOOK_SECRETS } from '@app/secrets';
import { Injectable } from '@nestjs/common';

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

export interface SigningSecret {
  /** `whsec_` and base64, as its owner needs it. */
  readonly text: string;
  /** Encrypted, as it is stored. */
  readonly sealed: Buffer;
}

/** Draws the secrets that sign webhooks and callbacks. */
@Injectable()
export class SigningSecrets {
  private readonly box: SecretBox;

  constructor({ SECRET_KEY }: SecretKeyEnv) {
    this.box = new SecretBox(SECRET_KEY, WEBHOOK_SECRETS);
  }

  draw(): SigningSecret {
    const text = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    return { text, sealed: this.box.seal(text) };
  }
}
