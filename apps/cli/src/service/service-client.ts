import { Agent as PlainAgent, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure, Stopped } from '../failure.js';
import { exchange } from './exchange.js';
import { readJob, type Job } from './job.js';
import { readText, Refusal, Unreachable } from './refusal.js';
import type { ServiceUrl } from './service-url.js';
import type { UploadForm } from './upload-form.js';

/** Questions are answered at once. */
const ANSWER_MS = 20_000;
/** Storing may take its time after the last byte of a video, and a slow line may stand still for a while. */
const UPLOAD_STALL_MS = 5 * 60_000;
const DOWNLOAD_STALL_MS = 60_000;
/** Whoever does not know `100-continue` says nothing to it, and waits for the body. */
const CONTINUE_MS = 1_000;

export interface AccessToken {
  readonly access_token: string;
  readonly expires_in: number;
}

/** The REST API of one service. */
export class ServiceClient {
  private readonly agent: Agent;

  constructor(
    readonly url: ServiceUrl,
    private readonly signal: AbortSignal,
  ) {
    const Kind = url.text.startsWith('https:') ? SecureAgent : PlainAgent;
    this.agent = new Kind({ keepAlive: true, maxSockets: 8 });
  }

  async register(username: string, password: string): Promise<void> {
    await this.call('POST', '/auth/register', { body: { username, password } });
  }

  async logIn(username: string, password: string): Promise<AccessToken> {
    const answer = (await this.call('POST', '/auth/login', { body: { username, password } })) as AccessToken | null;
    if (typeof answer?.access_token === 'string') return answer;
    throw new Failure('not_a_service', 'The answer is not one of a video-to-mp3 service. Check the address.');
  }

  /** Whether the token is good; throws for any other reason. */
  async isSignedIn(token: string): Promise<boolean> {
    try {
      await this.call('GET', '/auth/me', { token });
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.isSignedOut) return false;
      throw error;
    }
  }

  async status(jobId: string, token: string): Promise<Job> {
    return readJob(await this.call('GET', `/media/${jobId}/status`, { token }));
  }

  /** Sends a video. What the headers tell already is refused before its first byte. */
  async upload(form: UploadForm, token: string, onSent: (bytes: number) => void): Promise<Job> {
    // What is wrong with the file: the request itself then only tells that it was broken off.
    let fault: Failure | null = null;
    const chunks = async function* (): AsyncGenerator<Buffer> {
      try {
        yield* form.chunks(onSent);
      } catch (error) {
        // A connection that breaks is thrown in here, too: that is nothing wrong with the file.
        if (error instanceof Failure) fault = error;
        throw error;
      }
    };
    try {
      const response = await exchange(
        {
          ...this.request('POST', '/media/upload', { ...bearer(token), ...form.headers, Expect: '100-continue' }),
          stallMs: UPLOAD_STALL_MS,
        },
        (request) => void sendBody(request, chunks),
      );
      return readJob(this.parse(await this.textOf(response)));
    } catch (error) {
      throw fault ?? error;
    }
  }

  /** The MP3 from a byte on; the whole of it where it is no longer the one that the first bytes came from. */
  async download(jobId: string, token: string, from: number, etag: string | null): Promise<IncomingMessage> {
    const isPartial = from > 0 && etag !== null;
    const range: Record<string, string> = isPartial ? { Range: `bytes=${from}-`, 'If-Range': etag } : {};
    const headers = { ...bearer(token), 'Accept-Encoding': 'identity', ...range };
    const options = { ...this.request('GET', `/media/${jobId}/download`, headers), stallMs: DOWNLOAD_STALL_MS };
    return exchange(options, (request) => request.end());
  }

  close(): void {
    this.agent.destroy();
  }

  private async call(
    method: string,
    path: string,
    { token, body }: { token?: string; body?: object },
  ): Promise<unknown> {
    const text = body === undefined ? null : JSON.stringify(body);
    const headers = {
      Accept: 'application/json',
      ...(token === undefined ? {} : bearer(token)),
      ...(text === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    };
    const options = { ...this.request(method, path, headers), agent: this.agent, stallMs: ANSWER_MS };
    return this.parse(await this.textOf(await exchange(options, (request) => request.end(text ?? undefined))));
  }

  private parse(answer: string): unknown {
    try {
      return JSON.parse(answer);
    } catch {
      throw new Failure('not_a_service', `What answers at ${this.url.text} is not a video-to-mp3 service.`);
    }
  }

  private request(method: string, path: string, headers: Record<string, string | number>) {
    return { url: this.url.resolve(path), method, headers, signal: this.signal };
  }

  private async textOf(response: IncomingMessage): Promise<string> {
    try {
      return await readText(response);
    } catch (error) {
      throw this.signal.aborted ? new Stopped() : new Unreachable(error);
    }
  }
}

function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

/** Errors of the connection come out of the request; those of the file end it. */
async function sendBody(request: ClientRequest, chunks: () => AsyncGenerator<Buffer>): Promise<void> {
  request.flushHeaders();
  if (!(await mayBegin(request))) return;
  try {
    await pipeline(Readable.from(chunks(), { highWaterMark: 1 }), request);
  } catch (error) {
    request.destroy(error as Error);
  }
}

/** False where the headers were refused, or the connection broke. */
function mayBegin(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), CONTINUE_MS);
    const settle = (isTrue: boolean) => (): void => {
      clearTimeout(timer);
      resolve(isTrue);
    };
    request.once('continue', settle(true)).once('response', settle(false)).once('close', settle(false));
  });
}
