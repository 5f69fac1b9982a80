import type { User } from '@app/database';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { USERNAME_LENGTH } from './username.js';

@ApiSchema({ name: 'User' })
export class UserDto {
  @ApiProperty({ description: 'The number of the account.', type: 'integer', minimum: 1, example: 1 })
  readonly id: number;

  @ApiProperty({
    description: 'The name as it was registered.',
    minLength: USERNAME_LENGTH.min,
    maxLength: USERNAME_LENGTH.max,
    example: 'ada',
  })
  readonly username: string;

  @ApiProperty({
    description: 'The email address as it was registered; null without one.',
    type: String,
    format: 'email',
    nullable: true,
    example: 'ada@example.org',
  })
  readonly email: string | null;

  @ApiProperty({
    description: 'Whether the email address was confirmed with a link sent to it. No other emails are sent before.',
    type: Boolean,
    example: false,
  })
  readonly email_verified: boolean;

  @ApiProperty({
    description: 'Whether uploads that do not set `notify` send an email when they end.',
    type: Boolean,
    example: false,
  })
  readonly notify_email: boolean;

  @ApiProperty({
    description: 'When the account was created, in UTC.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  readonly created_at: string;

  constructor(user: User) {
    this.id = user.id;
    this.username = user.username;
    this.email = user.email;
    this.email_verified = user.emailVerifiedAt !== null;
    this.notify_email = user.notifyEmail;
    this.created_at = user.createdAt.toISOString();
  }
}
