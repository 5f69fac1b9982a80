import { UserRepository, type User } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AccessTokens, type AccessToken } from './access-tokens.js';
import { AuthEnv } from './auth.env.js';
import { PasswordHasher } from './password-hasher.js';

export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly email: string | null;
}

/** Registers and signs in users. `client` is the network address of the request. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly tokens: AccessTokens,
    private readonly env: AuthEnv,
  ) {}

  async register(registration: Registration, client: string): Promise<User> {
    if (this.env.REGISTRATION === 'closed') {
      throw new DomainError('registration_closed');
    }
    const { username, email, password } = registration;
    return this.users.create({ username, email, passwordHash: await this.passwords.hash(password, client) });
  }

  /** An unknown name and a wrong password do the same work and get the same answer. */
  async login(username: string, password: string, client: string): Promise<AccessToken> {
    const user = await this.users.findByUsername(username);
    const isVerified = await this.passwords.verify(password, user?.passwordHash ?? null, client);
    if (user === null || !isVerified) {
      throw new DomainError('invalid_credentials');
    }
    return this.tokens.issue(user);
  }
}
