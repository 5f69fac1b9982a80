import { chunksOf, parseResponse, readText, type ClientResponse } from './response.js';
import type { components } from './api-types.js';
import { readJob, type ConversionJob, type ConversionStatus } from './conversion-job.js';
import { Deadline } from './deadline.js';
import { download, type Download, type DownloadRequest } from './download.js';
import { InvalidResponseError } from './problem.js';

export type Credentials = Required<Pick<components['schemas']['Credentials'], 'username' | 'password'>>;
export type AccessToken = components['schemas']['AccessToken'];
export type User = components['schemas']['User'];
export type AccountChange = components['schemas']['ProfileChange'];
export type AccountDelivery = components['schemas']['AccountDelivery'];

export type ConversionJobList = components['schemas']['ConversionJobList'];
export type JobSelection = components['schemas']['JobSelection'];
export type ChangedJobs = components['schemas']['ChangedJobs'];

export interface JobListQuery {
  readonly status?: readonly ConversionStatus[];
  /** Part of the file name. */
  readonly q?: string;
  /** 1 to 100. */
  readonly limit?: number;
  /** The `next_cursor` of the previous page. */
  readonly cursor?: string;
}

export interface ConvertAgainOptions {
  readonly notify?: 'email' | 'none';
  readonly callback_url?: string;
}

/** The timeout of every request except uploads and downloads. */
const RESPONSE_TIMEOUT_MS = 20_000;

/** One upload, as an `UploadSender` sends it. */
export interface UploadRequest<Source> {
  readonly url: string;
  readonly token: string;
  readonly source: Source;
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
}

type Upload<Source> = Omit<UploadRequest<Source>, 'url' | 'signal'> & Partial<Pick<UploadRequest<Source>, 'signal'>>;

/**
 * Sends a source as the field `file` of a multipart form and returns the response, whatever its status. Rejects with
 * `UnreachableError` if the connection breaks, and with `AbortedError` if the signal aborts.
 */
export type UploadSender<Source> = (request: UploadRequest<Source>) => Promise<ClientResponse>;

export interface ClientOptions<Source> {
  /** The address of the service with a slash at its end; empty for the service that served the page. */
  readonly baseUrl: string;
  readonly sendUpload: UploadSender<Source>;
  /** Aborts all requests. */
  readonly signal?: AbortSignal;
}

/** The REST API of one service. Its methods reject with the errors of `problem.ts`. */
export class RestClient<Source> {
  constructor(private readonly options: ClientOptions<Source>) {}

  async register(body: Credentials): Promise<void> {
    await this.call('POST', 'auth/register', { body });
  }

  async logIn(body: Credentials): Promise<AccessToken> {
    const token = (await this.call('POST', 'auth/login', { body })) as AccessToken | null;
    if (typeof token?.access_token !== 'string') throw new InvalidResponseError();
    return token;
  }

  async currentUser(token: string): Promise<User> {
    return (await this.call('GET', 'auth/me', { token })) as User;
  }

  async changeAccount(token: string, body: AccountChange): Promise<User> {
    return (await this.call('PATCH', 'auth/me', { token, body })) as User;
  }

  /** Returns the last emails and callbacks that failed, newest first. */
  async failedDeliveries(token: string): Promise<readonly AccountDelivery[]> {
    const list = (await this.call('GET', 'deliveries?status=FAILED', { token })) as { items?: unknown } | null;
    if (!Array.isArray(list?.items)) throw new InvalidResponseError();
    return list.items as AccountDelivery[];
  }

  /** Sends an email or a callback again. */
  async redeliver(deliveryId: string, token: string): Promise<void> {
    await this.call('POST', `deliveries/${encodeURIComponent(deliveryId)}/redeliver`, { token });
  }

  async jobStatus(jobId: string, token: string): Promise<ConversionJob> {
    return readJob(await this.call('GET', `media/${encodeURIComponent(jobId)}/status`, { token }));
  }

  /** Returns a page of the user's jobs, newest first. */
  async listJobs(token: string, { status = [], q, limit, cursor }: JobListQuery = {}): Promise<ConversionJobList> {
    const query = new URLSearchParams(status.map((name) => ['status', name]));
    for (const [name, value] of Object.entries({ q, limit, cursor })) {
      if (value !== undefined) query.set(name, String(value));
    }
    const list = (await this.call('GET', `media?${query.toString()}`, { token })) as Partial<ConversionJobList> | null;
    if (!Array.isArray(list?.items)) throw new InvalidResponseError();
    return { items: list.items.map(readJob), next_cursor: list.next_cursor ?? null };
  }

  async cancelJob(jobId: string, token: string): Promise<ConversionJob> {
    return readJob(await this.call('POST', `media/${encodeURIComponent(jobId)}/cancel`, { token }));
  }

  async retryJob(jobId: string, token: string): Promise<ConversionJob> {
    return readJob(await this.call('POST', `media/${encodeURIComponent(jobId)}/retry`, { token }));
  }

  /** Creates another job on the video of a job. */
  async convertAgain(jobId: string, token: string, body: ConvertAgainOptions = {}): Promise<ConversionJob> {
    return readJob(await this.call('POST', `media/${encodeURIComponent(jobId)}/convert`, { token, body }));
  }

  /** Deletes a job with its MP3, and with its video unless another job uses it. */
  async deleteJob(jobId: string, token: string): Promise<void> {
    await this.call('DELETE', `media/${encodeURIComponent(jobId)}`, { token });
  }

  /** Cancels the jobs that wait or run, 1 000 at most. */
  async cancelJobs(selection: JobSelection, token: string): Promise<ChangedJobs> {
    return changedJobs(await this.call('POST', 'media/cancel', { token, body: selection }));
  }

  /** Deletes jobs with their files, 1 000 at most. */
  async deleteJobs(selection: JobSelection, token: string): Promise<ChangedJobs> {
    return changedJobs(await this.call('DELETE', 'media', { token, body: selection }));
  }

  /** Uploads a video and returns its new job. */
  async upload(request: Upload<Source>): Promise<ConversionJob> {
    const { sendUpload, signal = new AbortController().signal } = this.options;
    const url = this.url('media/upload');
    return readJob(parseResponse(await sendUpload({ signal, ...request, url }), url));
  }

  /** Starts or resumes the download of a job's MP3. */
  download(jobId: string, request: Omit<DownloadRequest, 'url' | 'signal'>): Promise<Download> {
    return download({ ...request, url: this.downloadUrl(jobId), signal: this.options.signal });
  }

  /** Returns the address of a job's MP3, which needs the token. */
  downloadUrl(jobId: string): string {
    return this.url(`media/${encodeURIComponent(jobId)}/download`);
  }

  /** Sends a request and returns the JSON of the response. */
  private async call(
    method: string,
    path: string,
    { token, body }: { token?: string; body?: object } = {},
  ): Promise<unknown> {
    const headers = {
      Accept: 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const url = this.url(path);
    return parseResponse(await this.fetchText(url, init), url);
  }

  private url(path: string): string {
    return `${this.options.baseUrl}${path}`;
  }

  private async fetchText(url: string, init: RequestInit): Promise<ClientResponse> {
    const deadline = new Deadline(RESPONSE_TIMEOUT_MS, this.options.signal);
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: deadline.signal });
      const body = await readText(chunksOf(response.body));
      return { status: response.status, body, header: (name) => response.headers.get(name) };
    } catch (error) {
      throw deadline.errorFor(error);
    } finally {
      deadline.end();
    }
  }
}

function changedJobs(response: unknown): ChangedJobs {
  const { ids, has_more: hasMore } = (response ?? {}) as Partial<ChangedJobs>;
  if (!Array.isArray(ids)) throw new InvalidResponseError();
  return { ids, has_more: hasMore === true };
}
