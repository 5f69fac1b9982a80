import { DomainError } from '@app/domain';

export function objectNotFound(cause?: unknown): DomainError {
  return new DomainError('object_not_found', { cause });
}

export function storageUnavailable(cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause;
  return new DomainError('storage_unavailable', { cause });
}

/** For setup: retrying does not help, because the configuration must change. */
export function storageMisconfigured(message: string, cause: unknown): DomainError {
  return new DomainError('configuration_invalid', { message, cause });
}
