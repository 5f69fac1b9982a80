import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Responds to a request in place of the stub; returns false to leave it to the stub. */
type Responder = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes of its body that had arrived when it ended. */
  bodyBytes: number;
}

interface StubJob {
  readonly id: string;
  readonly filename: string;
  status: string;
  error: string | null;
  error_message: string | null;
}

/** The REST API as a faulty network, a broken or a malicious server would respond. */
export class ServiceStub {
  readonly requests: StubRequest[] = [];
  readonly accounts = new Map<string, string>();
  readonly jobs = new Map<string, StubJob>();
  /** The texts of the upload forms. */
  readonly forms: string[] = [];
  isEmailVerified = true;
  /** The requests that tokens are valid for. */
  readonly tokens = new Set<string>();
  output = Buffer.from('an MP3, or so it says '.repeat(5000));
  /** The largest number of uploads at the same time. */
  uploadsAtOnce = 0;
  private uploading = 0;
  private readonly responders: { readonly start: string; respond: Responder }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ServiceStub> {
    const server = createServer();
    const stub = new ServiceStub(server);
    const take = (request: IncomingMessage, response: ServerResponse): void => void stub.take(request, response);
    server.on('request', take).on('checkContinue', take);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get sha256(): string {
    return createHash('sha256').update(this.output).digest('hex');
  }

  addJob(fields: Partial<StubJob>): StubJob {
    const job = {
      id: randomUUID(),
      filename: 'video.mp4',
      status: 'DONE',
      error: null,
      error_message: null,
      ...fields,
    };
    this.jobs.set(job.id, job);
    return job;
  }

  /** The next request that begins with these words, such as `GET /media/`, gets this response. */
  next(start: string, respond: Responder): void {
    this.responders.push({ start, respond });
  }

  count(start: string): number {
    return this.of(start).length;
  }

  of(start: string): StubRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path}`.startsWith(start));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const entry: StubRequest = { method, path, headers, bodyBytes: 0 };
    request.on('data', (chunk: Buffer) => (entry.bodyBytes += chunk.length)).pause();
    this.requests.push(entry);
    const index = this.responders.findIndex(({ start }) => `${method} ${path}`.startsWith(start));
    const [special] = index === -1 ? [] : this.responders.splice(index, 1);
    try {
      if (special !== undefined && (await special.respond(request, response))) return;
      await this.respond(request, response, path.replace(/^\/prefix/, ''));
    } catch {
      response.destroy();
    }
  }

  private async respond(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path === '/auth/register' || path === '/auth/login') {
      await this.respondToAccount(request, response, path);
      return;
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (!this.tokens.has(token)) {
      problem(response, 401, 'unauthorized', 'Sign in first: this needs a valid access token.');
      return;
    }
    if (path === '/auth/me') json(response, 200, { id: 1, email_verified: this.isEmailVerified });
    else if (path === '/media/upload') await this.respondToUpload(request, response);
    else if (path.startsWith('/media?')) this.sendList(response, new URL(path, this.url).searchParams);
    else this.respondToJob(request, response, path);
  }

  private async respondToAccount(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { username, password } = JSON.parse(await text(request)) as { username: string; password: string };
    if (path === '/auth/register') {
      this.accounts.set(username, password);
      json(response, 201, { username });
    } else if (this.accounts.get(username) === password) {
      const token = randomUUID();
      this.tokens.add(token);
      json(response, 200, { access_token: token, token_type: 'bearer', expires_in: 86_400 });
    } else {
      problem(response, 401, 'invalid_credentials', 'The username or the password is wrong.');
    }
  }

  private async respondToUpload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.uploading += 1;
    this.uploadsAtOnce = Math.max(this.uploadsAtOnce, this.uploading);
    try {
      response.writeContinue();
      const form = await text(request);
      this.forms.push(form);
      const filename = /filename="([^"]*)"/.exec(form)?.[1] ?? '';
      json(response, 202, this.view(this.addJob({ filename })));
    } finally {
      this.uploading -= 1;
    }
  }

  private respondToJob(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [, id = '', what = ''] = /^\/media\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const job = this.jobs.get(id);
    if (job === undefined) problem(response, 404, 'not_found', 'There is no conversion job with this id.');
    else if (what === 'status') json(response, 200, this.view(job));
    else if (what === 'download') this.sendOutput(request, response);
    else this.change(job, request.method === 'DELETE' ? 'delete' : what, response);
  }

  private sendList(response: ServerResponse, query: URLSearchParams): void {
    const [statuses, search] = [query.getAll('status'), query.get('q') ?? ''];
    const found = [...this.jobs.values()]
      .toReversed()
      .filter(
        ({ status, filename }) => (statuses.length === 0 || statuses.includes(status)) && filename.includes(search),
      );
    const start = Number(query.get('cursor') ?? 0);
    const end = start + Number(query.get('limit'));
    const items = found.slice(start, end).map((job) => this.view(job));
    json(response, 200, { items, next_cursor: end < found.length ? String(end) : null });
  }

  private change(job: StubJob, what: string, response: ServerResponse): void {
    const allowed = { cancel: ['PENDING', 'PROCESSING', 'CANCELED'], retry: ['FAILED', 'CANCELED'] }[what];
    if (what === 'delete') {
      this.jobs.delete(job.id);
      response.writeHead(204).end();
    } else if (allowed?.includes(job.status) === true) {
      job.status = what === 'cancel' ? 'CANCELED' : 'PENDING';
      json(response, 200, this.view(job));
    } else {
      problem(response, 409, `${what}_not_possible`, `The job is ${job.status}.`);
    }
  }

  private sendOutput({ headers }: IncomingMessage, response: ServerResponse): void {
    const etag = `"${this.sha256}"`;
    const from = headers['if-range'] === etag ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    const size = this.output.length;
    const range = from === 0 ? {} : { 'Content-Range': `bytes ${from}-${size - 1}/${size}` };
    response.writeHead(from === 0 ? 200 : 206, { ETag: etag, 'Content-Length': size - from, ...range });
    response.end(this.output.subarray(from));
  }

  private view(job: StubJob): object {
    const isDone = job.status === 'DONE';
    return {
      ...job,
      created_at: '2026-01-31T12:00:00.000Z',
      progress: isDone ? 100 : 0,
      duration: isDone ? 12.5 : null,
      output_size: isDone ? this.output.length : null,
      output_sha256: isDone ? this.sha256 : null,
    };
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  return true;
}

export function problem(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): true {
  return json(response, status, { status, code, detail }, headers);
}
