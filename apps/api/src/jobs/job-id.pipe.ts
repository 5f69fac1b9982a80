import { ValidationError } from '@app/domain';
import type { PipeTransform } from '@nestjs/common';

/** Validates a job id in a path: a UUID of any version. */
export class JobIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const id = value.toLowerCase();
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
    throw new ValidationError([{ field: 'job_id', message: 'job_id must be a UUID' }]);
  }
}
