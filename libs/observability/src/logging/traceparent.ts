import { randomUUID } from 'node:crypto';

/** https://www.w3.org/TR/trace-context/: all zeros are invalid ids, and version ff is no version. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Returns the value of the header if it is valid, or else a new trace. */
export function traceparentOf(header: unknown): string {
  if (typeof header === 'string' && TRACEPARENT.test(header)) return header;
  return `00-${randomHex()}-${randomHex().slice(0, 16)}-00`;
}

/** 122 random bits in 32 digits. Node makes UUIDs in advance, which costs a request a tenth of new random bytes. */
function randomHex(): string {
  return randomUUID().replaceAll('-', '');
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
