import { CONVERSION_STATUSES, type ConversionStatus } from '@app/domain';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { STATUSES_MESSAGE } from './job-list.dto.js';

/** The most jobs that one request changes. */
export const MAX_SELECTED_JOBS = 1000;

const ID_LIST = {
  type: 'array' as const,
  items: { type: 'string', format: 'uuid' },
  maxItems: MAX_SELECTED_JOBS,
  example: ['0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11'],
};

@ApiSchema({ name: 'JobSelection', description: 'Either `ids` or `status`.' })
export class JobSelectionDto {
  @ApiProperty({ ...ID_LIST, description: 'The ids of the jobs.', minItems: 1, required: false, nullable: true })
  @IsOptional()
  @IsUUID('loose', { each: true, message: '$property must be a list of UUIDs' })
  @ArrayMaxSize(MAX_SELECTED_JOBS, { message: `$property must have at most ${MAX_SELECTED_JOBS} ids` })
  @ArrayNotEmpty({ message: '$property must have at least one id' })
  @IsArray({ message: '$property must be a list of UUIDs' })
  ids?: string[] | null;

  @ApiProperty({
    description: 'All jobs with one of these statuses.',
    type: 'array',
    items: { type: 'string', enum: [...CONVERSION_STATUSES] },
    minItems: 1,
    maxItems: CONVERSION_STATUSES.length,
    uniqueItems: true,
    required: false,
    nullable: true,
    example: ['DONE', 'FAILED'],
  })
  @IsOptional()
  @IsIn(CONVERSION_STATUSES, { each: true, message: STATUSES_MESSAGE })
  @ArrayUnique({ message: '$property must name each status once' })
  @ArrayMaxSize(CONVERSION_STATUSES.length, { message: STATUSES_MESSAGE })
  @ArrayNotEmpty({ message: STATUSES_MESSAGE })
  @IsArray({ message: '$property must be a list of statuses' })
  status?: ConversionStatus[] | null;
}

@ApiSchema({ name: 'ChangedJobs' })
export class ChangedJobsDto {
  @ApiProperty({ ...ID_LIST, description: 'The ids of the jobs that were changed.' })
  readonly ids: string[];

  @ApiProperty({
    description: `True if more jobs have the status than the ${MAX_SELECTED_JOBS} that one request changes: send it again.`,
    type: Boolean,
    example: false,
  })
  readonly has_more: boolean;

  constructor(ids: readonly string[], hasMore: boolean) {
    this.ids = [...ids];
    this.has_more = hasMore;
  }
}
