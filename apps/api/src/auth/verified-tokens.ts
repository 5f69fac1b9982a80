import { createHash } from 'node:crypto';

/** A bound on memory: about 10 MB. */
const MAX_TOKENS = 50_000;

/** The claims of a token whose signature, issuer, audience and expiry have been verified. */
export interface VerifiedClaims {
  readonly userId: number;
  readonly tokenVersion: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Remembers which tokens this process has verified, because a signature stays valid until the token expires: verifying
 * it again with each request costs more than reading the job. Whether the user still exists and the version
 * is still valid is not remembered here.
 */
export class VerifiedTokens {
  /** By SHA-256, so that no dump of the memory contains a usable token. Least recently used first. */
  private readonly claims = new Map<string, VerifiedClaims>();

  constructor(private readonly maxTokens = MAX_TOKENS) {}

  find(token: string): VerifiedClaims | null {
    const hash = hashOf(token);
    const claims = this.claims.get(hash);
    if (claims === undefined) return null;
    this.claims.delete(hash);
    if (claims.expiresAt * 1000 <= new Date().getTime()) return null;
    this.claims.set(hash, claims);
    return claims;
  }

  add(token: string, claims: VerifiedClaims): void {
    this.claims.set(hashOf(token), claims);
    const [leastUsed] = this.claims.keys();
    if (this.claims.size > this.maxTokens && leastUsed !== undefined) this.claims.delete(leastUsed);
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
