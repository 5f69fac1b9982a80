import 'reflect-metadata';
import { FAILURES, TERMINAL_STATUSES, type FailureCode, type TerminalStatus } from '@app/domain';
import { Type } from 'class-transformer';
import {
  Equals,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  IsUrl,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { validated } from './validated.js';

export const CONVERSION_FINISHED = 'conversion.finished';

/** The result of a conversion job, copied from its row when it ended. */
export class ConversionFinishedFacts {
  @IsUUID()
  job_id: string;

  @IsInt()
  @IsPositive()
  user_id: number;

  @IsIn(TERMINAL_STATUSES)
  status: TerminalStatus;

  @ValidateIf((facts: ConversionFinishedFacts) => facts.error !== null)
  @IsIn(Object.keys(FAILURES))
  error: FailureCode | null;

  /** The job's revision at that moment: a higher one means that the owner has retried it since. */
  @IsInt()
  @IsPositive()
  revision: number;

  /** The name of the source. This and the facts below are absent from events of the first release. */
  @IsOptional()
  @IsString()
  filename?: string;

  /** The duration of the MP3; null unless the job is DONE. */
  @IsOptional()
  @IsInt()
  duration_ms?: number | null;

  /** The size of the MP3 in bytes. */
  @IsOptional()
  @IsInt()
  output_size?: number | null;

  /** True if the owner asked for an email. */
  @IsOptional()
  @IsBoolean()
  notify_email?: boolean;

  /** The address that the upload asked to be called. */
  @IsOptional()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  callback_url?: string | null;
}

/** Tells the notifier how a conversion job ended. Can arrive more than once: copies have the same `id`. */
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
  @Type(() => ConversionFinishedFacts)
  data: ConversionFinishedFacts;
}

/** An event as it was committed; its facts are still unchecked. */
export interface RecordedEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly facts: object;
}

/** Builds the message of a recorded event, or throws `malformed_message` if its facts do not fit the contract. */
export function conversionFinished({ id, occurredAt, facts }: RecordedEvent): ConversionFinished {
  return validated(ConversionFinished, {
    id,
    type: CONVERSION_FINISHED,
    version: 1,
    occurred_at: occurredAt.toISOString(),
    data: facts,
  });
}
