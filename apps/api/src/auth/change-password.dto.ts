import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { IsNewPassword, NEW_PASSWORD } from './password.decorator.js';

@ApiSchema({ name: 'PasswordChange' })
export class ChangePasswordDto {
  @ApiProperty({ description: 'The password of the account.', format: 'password', example: 'correct horse battery' })
  @IsString({ message: '$property must be set' })
  current_password: string;

  @ApiProperty({ ...NEW_PASSWORD, example: 'another horse battery' })
  @IsNewPassword()
  new_password: string;
}
