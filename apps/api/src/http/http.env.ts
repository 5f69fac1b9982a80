import { EnvInteger, EnvOptional, EnvText, type CrossChecked } from '@app/config';
import { allowedOrigins } from './cross-origin.js';
import { trustedProxies } from './trusted-proxies.js';

export class HttpEnv implements CrossChecked {
  /** The port of the public HTTP API; 0 uses any free port. */
  @EnvInteger(0, 65_535)
  PORT = 3000;

  /**
   * The reverse proxies whose `X-Forwarded-For` is trusted: their number, or a comma-separated list of their addresses
   * and networks, such as `loopback, 10.0.0.0/8`. 0: clients connect directly.
   */
  @EnvText()
  TRUST_PROXY = '0';

  /**
   * The origins of other sites whose scripts can use the API from a browser: a comma-separated list such as
   * `https://app.example.org, http://localhost:5173`. If it is not set, only the service's own page can.
   */
  @EnvOptional()
  @EnvText()
  CORS_ORIGINS?: string = undefined;

  /** The maximum number of open connections from one client address (IPv6: one /64 network), except trusted proxies. */
  @EnvInteger(1, 1_000_000)
  MAX_CONNECTIONS_PER_ADDRESS = 256;

  /** The maximum number of open connections. If it is not set: half of the file descriptors that the process can open, at most 10000. */
  @EnvOptional()
  @EnvInteger(1, 1_000_000)
  MAX_CONNECTIONS?: number = undefined;

  problems(): string[] {
    const problems: string[] = [];
    if (trustedProxies(this.TRUST_PROXY) === undefined)
      problems.push(
        'TRUST_PROXY must be a number of proxies, or a comma-separated list of their addresses and networks',
      );
    if (this.CORS_ORIGINS !== undefined && allowedOrigins(this.CORS_ORIGINS) === undefined)
      problems.push(
        'CORS_ORIGINS must be a comma-separated list of origins such as https://app.example.org: no path, no *',
      );
    return problems;
  }
}
