import 'reflect-metadata';
import { FAILURES, TERMINAL_STATUSES, type FailureCode, type TerminalStatus } from '@app/domain';
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
import { validated } from './validated.js';

export const CONVERSION_FINISHED = 'conversion.finished';

/** How a conversion job ended, copied from its row at that moment. */
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
