import { InvalidResponseError, ProblemError, RedirectError } from './problem.js';

/** The JSON responses of the service are smaller than this. A larger response comes from another server. */
const MAX_TEXT_BYTES = 256 * 1024;

/** An HTTP response with its complete body. */
export interface ClientResponse {
  /** 0 if the browser hides a redirect. */
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | null;
}

/** Reads a body as text. Rejects as soon as it is longer than any response of the service. */
export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_TEXT_BYTES) throw new InvalidResponseError();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Yields the chunks of a body. Not all browsers can iterate over a stream themselves. */
export async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the transfer if the consumer stopped early.
    await reader.cancel().catch(() => undefined);
  }
}

/** Throws `RedirectError` for a redirect and `ProblemError` for any other status outside 2xx. */
export function checkStatus({ status, body, header }: ClientResponse, url: string): void {
  if (status >= 200 && status < 300) return;
  if (status === 0 || (status >= 300 && status < 400)) throw new RedirectError(originOf(header('Location'), url));
  throw new ProblemError(status, body, header('Retry-After'));
}

/** Returns the JSON of a response; null if it has none (204). Throws if it is an error, or is not from this service. */
export function parseResponse(response: ClientResponse, url: string): unknown {
  checkStatus(response, url);
  if (response.status === 204) return null;
  try {
    return JSON.parse(response.body) as unknown;
  } catch {
    throw new InvalidResponseError();
  }
}

function originOf(location: string | null, url: string): string | null {
  if (location === null) return null;
  try {
    return new URL(location, url).origin;
  } catch {
    return null;
  }
}
