import { ValidationError } from '@app/domain';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Accepts a parameter that is a UUID of any version, in upper or lower case. */
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    const id = value.toLowerCase();
    if (UUID.test(id)) return id;
    throw new ValidationError([{ field, message: `${field} must be a UUID` }]);
  }
}
