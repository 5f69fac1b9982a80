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

/** What an operator must change for the store to serve, in a sentence; null where it is not a matter of that. */
export function refusalOf(error: unknown, bucket: string): string | null {
  switch (s3Code(error)) {
    case 'InvalidAccessKeyId':
      return 'The file storage does not know this account: check STORAGE_ACCESS_KEY.';
    case 'SignatureDoesNotMatch':
      return 'The file storage refuses the password of this account: check STORAGE_SECRET_KEY.';
    case 'AccessDenied':
      return (
        `The account of STORAGE_ACCESS_KEY may not use the bucket "${bucket}", or there is none and the account may not ` +
        'create it: create the bucket, and let the account list, read, write and delete in it.'
      );
    default:
      return null;
  }
}
