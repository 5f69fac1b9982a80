import { EntityColumns } from '../connection/written-select.js';
import { ConversionJob } from './conversion-job.entity.js';

/** The properties that the owner of a job sees. Reading all columns would double the cost of a status request. */
export const SHOWN_PROPERTIES = [
  'id',
  'status',
  'createdAt',
  'error',
  'errorParams',
  'sourceFilename',
  'sourceSize',
  'progress',
  'attempt',
  'durationMs',
  'outputSize',
  'outputSha256',
  'encoding',
  'revision',
  'startedAt',
  'finishedAt',
] as const satisfies readonly (keyof ConversionJob)[];

export type ShownJob = Pick<ConversionJob, (typeof SHOWN_PROPERTIES)[number]>;

export const SHOWN_COLUMNS = new EntityColumns(ConversionJob, SHOWN_PROPERTIES);
