import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Type } from 'class-transformer';
import { Equals, IsISO8601, IsObject, IsUUID, ValidateNested } from 'class-validator';

export const CONVERSION_REQUESTED = 'conversion.requested';

class ConversionRequestedData {
  @IsUUID()
  job_id: string;
}

/** Wakes a worker up: the job can be claimed. Everything else about the job is in its row. */
export class ConversionRequested {
  @IsUUID()
  id: string;

  @Equals(CONVERSION_REQUESTED)
  type: typeof CONVERSION_REQUESTED;

  @Equals(1)
  version: 1;

  @IsISO8601({ strict: true })
  occurred_at: string;

  @IsObject()
  @ValidateNested()
  @Type(() => ConversionRequestedData)
  data: ConversionRequestedData;
}

export function conversionRequested(data: ConversionRequestedData): ConversionRequested {
  return { id: randomUUID(), type: CONVERSION_REQUESTED, version: 1, occurred_at: new Date().toISOString(), data };
}
