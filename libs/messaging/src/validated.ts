import { DomainError } from '@app/domain';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/** Returns an instance of the contract without properties that it does not know, or throws `malformed_message`. */
export function validated<T extends object>(contract: new () => T, plain: object): T {
  const instance = plainToInstance(contract, plain);
  const errors = validateSync(instance, { whitelist: true });
  if (errors.length > 0) throw malformed(`invalid fields: ${errors.map(({ property }) => property).join(', ')}`);
  return instance;
}

export function malformed(reason: string, cause?: unknown): DomainError {
  return new DomainError('malformed_message', { message: `The message cannot be read: ${reason}.`, cause });
}
