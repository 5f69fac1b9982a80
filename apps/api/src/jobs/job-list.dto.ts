import type { JobPage } from '@app/database';
import { CONVERSION_STATUSES, type ConversionStatus } from '@app/domain';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { ConversionJobDto } from './conversion-job.dto.js';
import { cursorOf } from './list-cursor.js';

export const MAX_LIST_LIMIT = 100;
export const DEFAULT_LIST_LIMIT = 50;
export const MAX_SEARCH_CHARACTERS = 255;

const asList = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? [value] : value);
const asNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

export const STATUSES_MESSAGE = `$property can be ${CONVERSION_STATUSES.join(', ')}`;

/** The query of a list; `jobs.operations.ts` describes it. */
export class JobListQueryDto {
  @IsOptional()
  @Transform(asList)
  @IsIn(CONVERSION_STATUSES, { each: true, message: STATUSES_MESSAGE })
  @ArrayUnique({ message: '$property must name each status once' })
  @ArrayMaxSize(CONVERSION_STATUSES.length, { message: STATUSES_MESSAGE })
  status?: ConversionStatus[];

  @IsOptional()
  @IsString({ message: '$property must be given once' })
  @MaxLength(MAX_SEARCH_CHARACTERS, { message: `$property must have at most ${MAX_SEARCH_CHARACTERS} characters` })
  q?: string;

  @IsOptional()
  @Transform(asNumber)
  @IsInt({ message: `$property must be a whole number from 1 to ${MAX_LIST_LIMIT}` })
  @Min(1, { message: `$property must be a whole number from 1 to ${MAX_LIST_LIMIT}` })
  @Max(MAX_LIST_LIMIT, { message: `$property must be a whole number from 1 to ${MAX_LIST_LIMIT}` })
  limit?: number;

  @IsOptional()
  @IsString({ message: '$property must be given once' })
  cursor?: string;
}

@ApiSchema({ name: 'ConversionJobList' })
export class ConversionJobListDto {
  @ApiProperty({ description: 'The jobs, newest first.', type: [ConversionJobDto], maxItems: MAX_LIST_LIMIT })
  readonly items: ConversionJobDto[];

  @ApiProperty({
    description: 'The `cursor` of the next page; null if there is none. A page can be short and still have a next one.',
    type: String,
    nullable: true,
    example: 'MTc2OTg2MDgwMDEyMzQ1Ni4wYjBmNGUwYy02ZDBjLTRiYjctOWMzOS01ZDBmNmM4ZDFmMTE',
  })
  readonly next_cursor: string | null;

  constructor({ jobs, next }: JobPage) {
    this.items = jobs.map((job) => new ConversionJobDto(job));
    this.next_cursor = next === null ? null : cursorOf(next);
  }
}
