import { ValidationError } from '@app/domain';
import { NotFoundException, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Accepts a parameter that is a UUID of any version, in upper or lower case. */
export class UuidPipe implements PipeTransform<string, string> {
  /** The names are other routes at the same place of the path, which do not support the method. */
  constructor(private readonly otherRoutes: readonly string[] = []) {}

  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    if (this.otherRoutes.includes(value)) throw new NotFoundException();
    const id = value.toLowerCase();
    if (UUID.test(id)) return id;
    throw new ValidationError([{ field, message: `${field} must be a UUID` }]);
  }
}
