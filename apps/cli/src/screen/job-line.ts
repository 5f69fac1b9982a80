import { formatDuration, formatSize, type ConversionJob } from '@app/client';
import { formatLocalTime } from './local-time.js';
import { printable } from './printable.js';
import type { Style } from './style.js';

const LONGEST_STATUS = 'PROCESSING'.length;
const NO_TIME = '-'.padEnd(16);

/** Returns a job of the service on one line: its id, status, time of upload, file name and what its status adds. */
export function jobLine(job: ConversionJob, style: Style): string {
  const status = printable(job.status).padEnd(LONGEST_STATUS);
  const detail = detailOf(job, style);
  const columns = [job.id, style.paint(colorOf(job), status), formatLocalTime(job.created_at) ?? NO_TIME];
  return [...columns, printable(job.filename), ...(detail === '' ? [] : [style.paint('dim', detail)])].join('  ');
}

function colorOf({ status }: ConversionJob): 'cyan' | 'green' | 'red' | 'yellow' {
  if (status === 'DONE') return 'green';
  if (status === 'FAILED') return 'red';
  return status === 'CANCELED' ? 'yellow' : 'cyan';
}

function detailOf(job: ConversionJob, { signs }: Style): string {
  if (job.status === 'PROCESSING') return `${Math.floor(job.progress)} %`;
  if (job.status === 'FAILED') return `${printable(job.error_message ?? '')} (${printable(job.error ?? '')})`;
  if (job.status !== 'DONE') return '';
  const { duration, output_size: size } = job;
  const facts = [duration === null ? [] : [formatDuration(duration)], size === null ? [] : [formatSize(size)]];
  return facts.flat().join(signs.between);
}
