import type { IncomingMessage } from 'node:http';
import { printable } from '../screen/printable.js';

const MAX_BODY_BYTES = 256 * 1024;
export const INTERNAL_ERROR = 500;
/** What a gateway says while the service behind it is away, and what the service says of its own trouble. */
const PASSING_STATUSES = new Set([429, INTERNAL_ERROR, 502, 503, 504]);

interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly errors?: unknown;
}

/** The service said no, in words for people. */
export class Refusal extends Error {
  private constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** How long the service asks to be left alone; null where it does not say. */
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }

  static of({ statusCode = 0, headers }: IncomingMessage, body: string): Refusal {
    const { code, detail, errors } = problemIn(body);
    const said = fieldMessages(errors) || (typeof detail === 'string' ? detail : '');
    const message = said || `The service answered with an error (${statusCode}). Try again later.`;
    const retryAfterMs = Number(headers['retry-after'] ?? Number.NaN) * 1000;
    return new Refusal(
      statusCode,
      typeof code === 'string' ? printable(code) : `http_${statusCode}`,
      printable(message),
      Number.isFinite(retryAfterMs) ? retryAfterMs : null,
    );
  }

  /** Whether the same request may succeed in a while. */
  get isPassing(): boolean {
    return PASSING_STATUSES.has(this.status);
  }

  /** The access token is wrong or expired. */
  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

/** Nobody answered, or the connection broke: the service or the way to it is away, for now. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The service does not answer.', { cause });
  }

  /** Nothing listens at that address, or there is no such host. */
  get isNobodyThere(): boolean {
    const { code } = this.cause as NodeJS.ErrnoException;
    return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code ?? '');
  }

  /** In the system's words, such as `certificate has expired`. */
  get reason(): string {
    const { message, code } = this.cause as NodeJS.ErrnoException;
    return printable(message || code || 'the connection broke');
  }
}

/** The text of an answer, which an unknown server may make as long as it likes. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function problemIn(body: string): Problem {
  try {
    const problem = JSON.parse(body) as unknown;
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

function fieldMessages(errors: unknown): string {
  if (!Array.isArray(errors)) return '';
  return (errors as { message?: unknown }[])
    .flatMap((error) => (typeof error?.message === 'string' ? [`${error.message}.`] : []))
    .join(' ');
}
