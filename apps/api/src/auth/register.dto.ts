import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, Length, Matches, MaxLength } from 'class-validator';
import { IsNewPassword } from './password.decorator.js';
import { normalizeUsername } from './username.js';

export class RegisterDto {
  /** Letters and digits of any script and `. _ - + @`; upper and lower case are the same name. */
  @Transform(({ value }: { value: unknown }) => normalizeUsername(value))
  @Matches(/^[\p{L}\p{M}\p{N}._@+-]+$/u, { message: '$property may hold letters, digits and . _ - + @ only' })
  @Length(3, 50, { message: '$property must have 3 to 50 characters' })
  username: string;

  @IsNewPassword()
  password: string;

  @IsOptional()
  @MaxLength(254, { message: '$property must have at most 254 characters' })
  @IsEmail({}, { message: '$property must be an e-mail address' })
  email?: string | null;
}
