import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { FAILURES, type ConversionStatus, type FailureCode } from '@app/domain';
import { Type } from 'class-transformer';
import {
  Equals,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsPositive,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

export const CONVERSION_FINISHED = 'conversion.finished';

const FINAL_STATUSES = ['DONE', 'FAILED', 'CANCELED'] as const satisfies readonly ConversionStatus[];

class ConversionFinishedData {
  @IsUUID()
  job_id: string;

  @IsInt()
  @IsPositive()
  user_id: number;

  @IsIn(FINAL_STATUSES)
  status: (typeof FINAL_STATUSES)[number];

  @ValidateIf((data: ConversionFinishedData) => data.error !== null)
  @IsIn(Object.keys(FAILURES))
  error: FailureCode | null;
}

/** Tells the notifier how a conversion job ended. May arrive more than once: `id` tells copies. */
export class ConversionFinished {
  @IsUUID()
  id: string;

  @Equals(CONVERSION_FINISHED)
  type: typeof CONVERSION_FINISHED;

  @Equals(1)
  version: 1;

  @IsISO8601({ strict: true })
  occurred_at: string;

  @IsObject()
  @ValidateNested()
  @Type(() => ConversionFinishedData)
  data: ConversionFinishedData;
}

export function conversionFinished(data: ConversionFinishedData): ConversionFinished {
  return { id: randomUUID(), type: CONVERSION_FINISHED, version: 1, occurred_at: new Date().toISOString(), data };
}
