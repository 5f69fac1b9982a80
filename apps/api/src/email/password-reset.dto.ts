import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsEmail, MaxLength } from 'class-validator';
import { MAX_EMAIL_CHARACTERS } from '../auth/register.dto.js';

@ApiSchema({ name: 'PasswordResetRequest' })
export class PasswordResetDto {
  @ApiProperty({
    description: 'The verified email address of the account.',
    format: 'email',
    maxLength: MAX_EMAIL_CHARACTERS,
    example: 'ada@example.org',
  })
  @MaxLength(MAX_EMAIL_CHARACTERS, { message: `$property must have at most ${MAX_EMAIL_CHARACTERS} characters` })
  @IsEmail({}, { message: '$property must be an email address' })
  email: string;
}
