import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsNewPassword, MIN_PASSWORD_CHARACTERS } from '../auth/password.decorator.js';
import { MAX_PASSWORD_BYTES } from '../auth/password-hasher.js';

@ApiSchema({ name: 'NewPassword' })
export class NewPasswordDto {
  @ApiProperty({
    description: `At least ${MIN_PASSWORD_CHARACTERS} characters, and at most ${MAX_PASSWORD_BYTES} bytes in UTF-8.`,
    format: 'password',
    minLength: MIN_PASSWORD_CHARACTERS,
    maxLength: MAX_PASSWORD_BYTES,
    example: 'correct horse battery',
  })
  @IsNewPassword()
  password: string;
}
