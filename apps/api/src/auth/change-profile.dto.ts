import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';

@ApiSchema({ name: 'ProfileChange' })
export class ChangeProfileDto {
  @ApiProperty({
    description: 'Whether uploads that do not set `notify` send an email when they end.',
    type: Boolean,
    required: false,
    nullable: true,
    example: true,
  })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  notify_email?: boolean | null;
}
