import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { normalizeUsername } from './username.js';

/** JSON, or the form of OAuth2's password grant, whose further fields are accepted and not needed. */
export class LoginDto {
  @Transform(({ value }: { value: unknown }) => normalizeUsername(value))
  @IsString({ message: '$property must be set' })
  username: string;

  @IsString({ message: '$property must be set' })
  password: string;

  @IsOptional()
  @IsIn(['', 'password'], { message: '$property must be "password"' })
  grant_type?: string;

  @IsOptional()
  @IsString()
  scope?: string;

  @IsOptional()
  @IsString()
  client_id?: string;

  @IsOptional()
  @IsString()
  client_secret?: string;
}
