import { DomainError } from '@app/domain';
import { S3Error } from 'minio';
import { objectNotFound, storageUnavailable } from '../storage-errors.js';

const MISSING_OBJECT = new Set(['NoSuchKey', 'NotFound']);

/** Error codes for which a retry can help. Errors without a code (a reset, a timeout) are always transient. */
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

/** The object is another one than at the first request, so what was read of it cannot be used. */
export class ObjectChangedError extends Error {
  override readonly name = 'ObjectChangedError';

  constructor() {
    super('The object has changed while it was being read');
  }
}

export function isTransient(error: unknown): boolean {
  if (error instanceof ObjectChangedError) return false;
  return !(error instanceof S3Error) || TRANSIENT.has(error.code ?? 'InternalError');
}

/** Returns the error of the port for an error of a request. */
export function translateError(error: unknown): DomainError {
  if (isMissingObject(error)) return objectNotFound(error);
  if (s3Code(error) === 'InvalidRange') return new DomainError('range_not_satisfiable', { cause: error });
  return storageUnavailable(error);
}

/** Returns a sentence for operators if the store rejects the account or its permissions; null for other errors. */
export function accessProblem(error: unknown, bucket: string): string | null {
  switch (s3Code(error)) {
    case 'InvalidAccessKeyId':
      return 'The file storage does not know this account: check STORAGE_ACCESS_KEY.';
    case 'SignatureDoesNotMatch':
      return 'The file storage rejects the password of this account: check STORAGE_SECRET_KEY.';
    case 'AccessDenied':
      return (
        `The account of STORAGE_ACCESS_KEY cannot use the bucket "${bucket}", or the bucket does not exist and the account cannot ` +
        'create it: create the bucket, and allow the account to list, read, write and delete objects in it.'
      );
    default:
      return null;
  }
}
