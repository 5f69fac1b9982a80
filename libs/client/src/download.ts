import { checkStatus, chunksOf, readText } from './response.js';
import { Deadline } from './deadline.js';

/** A transfer without a byte for this long counts as broken. */
const STALL_MS = 60_000;

export interface DownloadRequest {
  readonly url: string;
  readonly token: string;
  /** The first byte to send; with a tag only. */
  readonly from: number;
  /** The ETag of the MP3 whose first bytes are there already. */
  readonly etag: string | null;
  readonly signal: AbortSignal | undefined;
}

export interface Download {
  /** The position of its first byte: 0 if the service starts again, because the MP3 is another one. */
  readonly from: number;
  readonly etag: string | null;
  /** The remaining bytes; null if the service does not state them. */
  readonly contentLength: number | null;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the transfer. Must be called when the chunks are no longer needed. */
  readonly cancel: () => void;
}

/** Starts or continues the download of an MP3. */
export async function download({ url, token, from, etag, signal }: DownloadRequest): Promise<Download> {
  const isPartial = from > 0 && etag !== null;
  const headers = {
    Authorization: `Bearer ${token}`,
    'Accept-Encoding': 'identity',
    ...(isPartial ? { Range: `bytes=${from}-`, 'If-Range': etag } : {}),
  };
  const deadline = new Deadline(STALL_MS, signal);
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: deadline.signal });
    const header = (name: string): string | null => response.headers.get(name);
    if (!response.ok)
      checkStatus({ status: response.status, body: await readText(chunksOf(response.body)), header }, url);
    const isContinued = isPartial && response.status === 206 && header('Content-Range')?.startsWith(`bytes ${from}-`);
    const length = Number(header('Content-Length') ?? Number.NaN);
    return {
      from: isContinued === true ? from : 0,
      etag: header('ETag'),
      contentLength: Number.isSafeInteger(length) ? length : null,
      chunks: received(response, deadline),
      cancel: () => deadline.end(),
    };
  } catch (error) {
    deadline.end();
    throw deadline.errorFor(error);
  }
}

async function* received({ body }: Response, deadline: Deadline): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunksOf(body)) {
      yield chunk;
      // The time that the consumer took does not count.
      deadline.renew();
    }
  } catch (error) {
    throw deadline.errorFor(error);
  }
}
