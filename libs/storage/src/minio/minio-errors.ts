import { S3Error } from 'minio';

const MISSING_OBJECT = new Set(['NoSuchKey', 'NotFound']);

/** Answers that another attempt may change. What is not an answer of the store (a reset, a timeout) may always pass. */
const TRANSIENT = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]);

export function s3Code(error: unknown): string | undefined {
  return error instanceof S3Error ? error.code : undefined;
}

export function isMissingObject(error: unknown): boolean {
  return MISSING_OBJECT.has(s3Code(error) ?? '');
}

export function isTransient(error: unknown): boolean {
  return !(error instanceof S3Error) || TRANSIENT.has(error.code ?? 'InternalError');
}
