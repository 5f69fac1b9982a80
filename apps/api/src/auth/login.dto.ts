import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { normalizeUsername, USERNAME_LENGTH } from './username.js';

const NOT_NEEDED = 'Part of the OAuth2 form. Accepted but not needed.';

/** JSON, or the form of OAuth2's password grant, whose other fields are accepted but not needed. */
@ApiSchema({ name: 'Credentials' })
export class LoginDto {
  @ApiProperty({
    description: 'The name of the account, in upper or lower case.',
    maxLength: USERNAME_LENGTH.max,
    example: 'ada',
  })
  @Transform(({ value }: { value: unknown }) => normalizeUsername(value))
  @MaxLength(USERNAME_LENGTH.max, { message: `$property must have at most ${USERNAME_LENGTH.max} characters` })
  @IsString({ message: '$property must be set' })
  username: string;

  @ApiProperty({ description: 'Its password.', format: 'password', example: 'correct horse battery' })
  @IsString({ message: '$property must be set' })
  password: string;

  @ApiProperty({
    description: NOT_NEEDED,
    type: String,
    enum: ['', 'password', null],
    required: false,
    nullable: true,
    example: 'password',
  })
  @IsOptional()
  @IsIn(['', 'password'], { message: '$property must be "password"' })
  grant_type?: string | null;

  @ApiProperty({ description: NOT_NEEDED, type: String, required: false, nullable: true, example: '' })
  @IsOptional()
  @IsString()
  scope?: string | null;

  @ApiProperty({ description: NOT_NEEDED, type: String, required: false, nullable: true, example: '' })
  @IsOptional()
  @IsString()
  client_id?: string | null;

  @ApiProperty({ description: NOT_NEEDED, type: String, required: false, nullable: true, example: '' })
  @IsOptional()
  @IsString()
  client_secret?: string | null;
}
