import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, Length, Matches, MaxLength } from 'class-validator';
import { IsNewPassword, NEW_PASSWORD } from './password.decorator.js';
import { IsDistinctUsername, normalizeUsername, USERNAME_LENGTH, USERNAME_PATTERN } from './username.js';

export const MAX_EMAIL_CHARACTERS = 254;

@ApiSchema({ name: 'Registration' })
export class RegisterDto {
  @ApiProperty({
    description:
      'Letters and digits of one alphabet and `. _ - + @`, no invisible or full-width characters. Upper and lower ' +
      'case are the same name.',
    minLength: USERNAME_LENGTH.min,
    maxLength: USERNAME_LENGTH.max,
    pattern: USERNAME_PATTERN.source,
    example: 'ada',
  })
  @Transform(({ value }: { value: unknown }) => normalizeUsername(value))
  @IsDistinctUsername()
  @Matches(USERNAME_PATTERN, { message: '$property can contain only letters, digits and . _ - + @' })
  @Length(USERNAME_LENGTH.min, USERNAME_LENGTH.max, { message: '$property must have 3 to 50 characters' })
  username: string;

  @ApiProperty(NEW_PASSWORD)
  @IsNewPassword()
  password: string;

  @ApiProperty({
    description: 'The email address of the owner.',
    type: String,
    format: 'email',
    maxLength: MAX_EMAIL_CHARACTERS,
    required: false,
    nullable: true,
    example: 'ada@example.org',
  })
  @IsOptional()
  @MaxLength(MAX_EMAIL_CHARACTERS, { message: `$property must have at most ${MAX_EMAIL_CHARACTERS} characters` })
  @IsEmail({}, { message: '$property must be an email address' })
  email?: string | null;
}
