import { ValidationError } from '@app/domain';
import type { PipeTransform } from '@nestjs/common';

/** A job's id in a path: any UUID, of which version is not the client's business. */
export class JobIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const id = value.toLowerCase();
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
    throw new ValidationError([{ field: 'job_id', message: 'job_id must be a UUID' }]);
  }
}
