import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { waitFor } from '@app/testing';

/** The fields of a job that a client of the FastAPI service knows. */
export interface EarlierJob {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly error: string | null;
}

/** Sends the same bytes and reads the same fields as a Python client of the FastAPI service. */
export class EarlierClient {
  readonly account = { username: `user-${randomUUID().slice(0, 8)}`, password: 'correct horse battery' };
  token = '';

  constructor(private readonly baseUrl: string) {}

  request(method: string, path: string, body?: Body): Promise<Response> {
    const headers = {
      'User-Agent': 'python-requests/2.32.3',
      Accept: '*/*',
      'Accept-Encoding': 'gzip, deflate',
      ...(this.token !== '' && { Authorization: `Bearer ${this.token}` }),
      ...(body !== undefined && { 'Content-Type': body.type }),
    };
    const content = body === undefined ? undefined : new Uint8Array(body.content);
    return fetch(`${this.baseUrl}${path}`, { method, headers, body: content });
  }

  register(fields: object = { ...this.account, email: null }): Promise<Response> {
    return this.request('POST', '/auth/register', asJson(fields));
  }

  login({ username, password }: { username: string; password: string } = this.account): Promise<Response> {
    return this.request('POST', '/auth/login', asForm({ grant_type: 'password', username, password }));
  }

  async signIn(): Promise<void> {
    await this.register();
    const { access_token } = (await (await this.login()).json()) as { access_token: string };
    this.token = access_token;
  }

  async upload(path: string, disposition = 'filename="clip.mp4"'): Promise<Response> {
    return this.request('POST', '/media/upload', asFile(await readFile(path), disposition));
  }

  async uploaded(path: string, disposition?: string): Promise<EarlierJob> {
    return (await (await this.upload(path, disposition)).json()) as EarlierJob;
  }

  async status(id: string): Promise<EarlierJob> {
    return (await (await this.request('GET', `/media/${id}/status`)).json()) as EarlierJob;
  }

  download(id: string): Promise<Response> {
    return this.request('GET', `/media/${id}/download`);
  }

  /** Polls while the job is in one of the two states that mean "not yet". */
  async ended(id: string): Promise<EarlierJob> {
    return waitFor(
      async () => {
        const job = await this.status(id);
        return ['PENDING', 'PROCESSING'].includes(job.status) ? null : job;
      },
      { intervalMs: 100, what: `the end of job ${id}` },
    );
  }
}

interface Body {
  readonly type: string;
  readonly content: Buffer;
}

function asJson(value: object): Body {
  return { type: 'application/json', content: Buffer.from(JSON.stringify(value)) };
}

function asForm(fields: Record<string, string>): Body {
  return { type: 'application/x-www-form-urlencoded', content: Buffer.from(new URLSearchParams(fields).toString()) };
}

/** Sends a file like Python's requests, without a content type of its part. */
function asFile(file: Buffer, disposition: string): Body {
  const boundary = randomUUID().replaceAll('-', '');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; ${disposition}\r\n\r\n`;
  const content = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, content };
}
