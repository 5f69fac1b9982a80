import { UserRepository } from '@app/database';
import { Injectable } from '@nestjs/common';
import { KnownUsers } from '../auth/known-users.js';
import { SigningSecrets } from './signing-secrets.js';

/** The secret of an account that signs the callbacks of its uploads. */
@Injectable()
export class CallbackSecretService {
  constructor(
    private readonly users: UserRepository,
    private readonly known: KnownUsers,
    private readonly secrets: SigningSecrets,
  ) {}

  /** Draws a secret and replaces the one before at once. Returns it: the only time that its owner sees it. */
  async replace(userId: number): Promise<string> {
    const { text, sealed } = this.secrets.draw();
    await this.users.setCallbackSecret(userId, sealed);
    this.known.forget(userId);
    return text;
  }
}
