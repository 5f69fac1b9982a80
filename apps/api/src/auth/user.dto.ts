import type { User } from '@app/database';

export class UserDto {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
  readonly created_at: string;

  constructor(user: User) {
    this.id = user.id;
    this.username = user.username;
    this.email = user.email;
    this.created_at = user.createdAt.toISOString();
  }
}
