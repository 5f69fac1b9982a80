import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'CallbackSecret' })
export class CallbackSecretDto {
  @ApiProperty({
    description: 'Signs the callbacks of your uploads. It is shown only once: keep it where your server can read it.',
    pattern: '^whsec_[A-Za-z0-9+/]+=*$',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwvJ0mBz1Tn3U=',
  })
  readonly secret: string;

  constructor(secret: string) {
    this.secret = secret;
  }
}
