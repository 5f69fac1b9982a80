import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Client } from 'minio';
import { BoundedTransport, type RequestBounds } from './bounded-transport.js';
import { PartHasher } from './part-hasher.js';
import type { RetryPolicy } from './retry.js';

export interface MinioSettings {
  /** `host` or `host:port`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly isSecure: boolean;
  readonly bucket: string;
  readonly region: string;
}

export interface MinioBounds extends RequestBounds {
  /** The timeout for silence, and for all retries, of requests that move no data (stat, open, list, delete). */
  readonly lookupTimeoutMs: number;
  /** The timeout for the clean-up after a failed write. */
  readonly discardTimeoutMs: number;
  readonly retry: RetryPolicy;
}

export const DEFAULT_BOUNDS: MinioBounds = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  minBytesPerSecond: 32 * 1024,
  lookupTimeoutMs: 10_000,
  discardTimeoutMs: 5_000,
  retry: { maxAttempts: 5, firstDelayMs: 250, budgetMs: 45_000 },
};

/** The connections to one bucket. Clients are cheap, so each call gets its own with its signal. */
export class MinioConnection {
  readonly bucket: string;
  readonly isSecure: boolean;
  readonly hasher = new PartHasher();
  /** The throughput of the last full download that was measured. */
  bytesPerSecond: number | null = null;
  private readonly agent: HttpAgent;

  constructor(
    private readonly settings: MinioSettings,
    readonly bounds: MinioBounds,
  ) {
    this.bucket = settings.bucket;
    this.isSecure = settings.isSecure;
    const Agent = settings.isSecure ? HttpsAgent : HttpAgent;
    this.agent = new Agent({ keepAlive: true, maxFreeSockets: 32, scheduling: 'lifo' });
  }

  /** For requests that transfer or change objects. */
  client(signal?: AbortSignal): Client {
    return this.createClient(this.bounds, signal);
  }

  /** For requests that move no data, and for deletes. */
  lookupClient(signal?: AbortSignal): Client {
    return this.createClient({ ...this.bounds, idleTimeoutMs: this.bounds.lookupTimeoutMs }, signal);
  }

  get lookupRetry(): RetryPolicy {
    const { retry, lookupTimeoutMs } = this.bounds;
    return { ...retry, budgetMs: Math.min(retry.budgetMs, lookupTimeoutMs) };
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.hasher.close();
  }

  private createClient(bounds: RequestBounds, signal?: AbortSignal): Client {
    const { endpoint, accessKey, secretKey, isSecure, region } = this.settings;
    const [host = '', port] = endpoint.split(':');
    return new Client({
      endPoint: host,
      port: port === undefined ? undefined : Number(port),
      useSSL: isSecure,
      accessKey,
      secretKey,
      region,
      transport: new BoundedTransport(isSecure, bounds, signal),
      transportAgent: this.agent,
      // Its own retry ignores lost connections and the timeouts of this project.
      retryOptions: { disableRetry: true },
    });
  }
}
