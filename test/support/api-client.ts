import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { apiContract, waitFor } from '@app/testing';

export interface JobView {
  readonly id: string;
  readonly status: 'PENDING' | 'PROCESSING' | 'DONE' | 'FAILED' | 'CANCELED';
  readonly error: string | null;
  readonly attempt: number;
  readonly progress: number;
  readonly duration: number | null;
  readonly output_size: number | null;
  readonly output_sha256: string | null;
  readonly [field: string]: unknown;
}

const ENDED = ['DONE', 'FAILED', 'CANCELED'];

/** A user of the REST API. */
export class ApiClient {
  readonly username = `user-${crypto.randomUUID().slice(0, 8)}`;
  readonly password = crypto.randomUUID();
  token = '';

  constructor(readonly baseUrl: string) {}

  /** Creates a client with its own account. */
  static async signedIn(baseUrl: string): Promise<ApiClient> {
    const client = new ApiClient(baseUrl);
    await client.json('POST', '/auth/register', client.account);
    await client.signIn();
    return client;
  }

  get account(): { username: string; password: string } {
    return { username: this.username, password: this.password };
  }

  async signIn(): Promise<void> {
    const { access_token } = await this.json<{ access_token: string }>('POST', '/auth/login', this.account);
    this.token = access_token;
  }

  get headers(): Record<string, string> {
    return this.token === '' ? {} : { authorization: `Bearer ${this.token}` };
  }

  /** Sends a request and checks the response against the OpenAPI document. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.headers, ...(init.headers as object) };
    const response = await fetch(`${this.baseUrl}${path}`, { ...init, headers });
    const contract = await apiContract(this.baseUrl);
    await contract.check(init.method ?? 'GET', path, response);
    return response;
  }

  /** Returns the JSON of the response; throws with the whole response if it is a problem. */
  async json<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.fetch(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return read<T>(response);
  }

  async uploadResponse(path: string, filename = basename(path), headers: HeadersInit = {}): Promise<Response> {
    const form = new FormData();
    form.set('file', await openAsBlob(path), filename);
    return this.fetch('/media/upload', { method: 'POST', body: form, headers });
  }

  async upload(path: string, filename?: string, headers?: HeadersInit): Promise<JobView> {
    return read<JobView>(await this.uploadResponse(path, filename, headers));
  }

  async status(id: string): Promise<JobView> {
    return this.json<JobView>('GET', `/media/${id}/status`);
  }

  /** Polls until the job has ended. A temporarily unavailable API counts as "not yet". */
  async ended(id: string, intervalMs = 100): Promise<JobView> {
    return waitFor(
      async () => {
        const job = await this.status(id);
        return ENDED.includes(job.status) ? job : null;
      },
      { intervalMs, what: `the end of job ${id}` },
    );
  }

  async download(id: string): Promise<Buffer> {
    const response = await this.fetch(`/media/${id}/download`);
    if (response.status !== 200) throw new Error(`Download: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
