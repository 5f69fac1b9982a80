import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsNewPassword, NEW_PASSWORD } from '../auth/password.decorator.js';

@ApiSchema({ name: 'NewPassword' })
export class NewPasswordDto {
  @ApiProperty(NEW_PASSWORD)
  @IsNewPassword()
  password: string;
}
