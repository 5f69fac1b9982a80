import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { AccessToken } from './access-tokens.js';

/** The shape of OAuth2's token response. */
@ApiSchema({ name: 'AccessToken' })
export class AccessTokenDto {
  @ApiProperty({
    description: 'Send it as `Authorization: Bearer …`.',
    pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
    example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  })
  readonly access_token: string;

  @ApiProperty({ description: 'Always `bearer`.', type: String, enum: ['bearer'], example: 'bearer' })
  readonly token_type = 'bearer';

  @ApiProperty({ description: 'Seconds until it expires.', type: 'integer', minimum: 60, example: 86_400 })
  readonly expires_in: number;

  constructor(token: AccessToken) {
    this.access_token = token.token;
    this.expires_in = token.lifetimeSeconds;
  }
}
