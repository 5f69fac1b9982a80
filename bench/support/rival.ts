import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

const ENDED = new Set(['DONE', 'FAILED']);

/** Another running service with the routes of the original one, given by `npm run bench -- --url`. */
export class Rival {
  private constructor(
    readonly url: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** Returns null if no service was given. */
  static async signedIn(): Promise<Rival | null> {
    // oxlint-disable-next-line node/no-process-env -- set by the test runner
    const url = process.env['BENCH_RIVAL_URL']?.replace(/\/$/, '');
    if (url === undefined) return null;
    const account = { username: `bench-${crypto.randomUUID().slice(0, 8)}`, password: crypto.randomUUID() };
    const registered = await fetch(`${url}/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...account, email: `${account.username}@example.org` }),
    });
    await read(registered);
    const login = await fetch(`${url}/auth/login`, { method: 'POST', body: new URLSearchParams(account) });
    const { access_token: token } = await read<{ access_token: string }>(login);
    return new Rival(url, { authorization: `Bearer ${token}` });
  }

  /** Returns the id of the job. */
  async upload(path: string): Promise<string> {
    const form = new FormData();
    form.set('file', await openAsBlob(path, { type: 'video/mp4' }), basename(path));
    const response = await fetch(`${this.url}/media/upload`, { method: 'POST', body: form, headers: this.headers });
    return (await read<{ id: string }>(response)).id;
  }

  /** Resolves with the milliseconds from the upload's answer to the end of the job. */
  async ended(id: string, intervalMs = 5): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const response = await fetch(this.statusUrl(id), { headers: this.headers });
      if (ENDED.has((await read<{ status: string }>(response)).status.toUpperCase()))
        return performance.now() - startedAt;
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }

  statusUrl(id: string): string {
    return `${this.url}/media/${id}/status`;
  }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
