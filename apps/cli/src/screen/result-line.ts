import { basename, dirname } from 'node:path';
import { formatDuration, formatSize } from '@app/client';
import type { Conversion } from '../conversion/conversion.js';
import { printable } from './printable.js';
import type { Style } from './style.js';

/** Returns the result of a file on one line. */
export function resultLine(conversion: Conversion, style: Style): string {
  const { phase, name, source, job, jobId, output, failure } = conversion;
  const { signs } = style;
  const file = printable(name);
  if (phase === 'done') {
    const facts = [
      job?.duration == null ? '' : formatDuration(job.duration),
      job?.output_size == null ? '' : formatSize(job.output_size),
    ];
    const detail = facts.filter((fact) => fact !== '').join(signs.between);
    return `${style.paint('green', signs.done)} ${file} ${signs.to} ${target(source, output)}  ${style.paint('dim', detail)}`;
  }
  if (phase === 'uploaded') return `${style.paint('green', signs.done)} ${file}  uploaded (job ${jobId})`;
  if (phase === 'stopped') {
    return `${style.paint('yellow', signs.stopped)} ${file}  ${style.paint('dim', stopDetail(conversion))}`;
  }
  const { message, code } = failure ?? { message: '', code: '' };
  return `${style.paint('red', signs.failed)} ${file}: ${printable(message)} ${style.paint('dim', `(${printable(code)})`)}`;
}

function stopDetail({ jobId, isCanceled }: Conversion): string {
  if (jobId === null) return 'stopped before it was uploaded';
  return isCanceled ? 'stopped; its conversion was canceled' : 'stopped; its conversion continues at the service';
}

/** The name is enough for an MP3 in the folder of its source. */
function target(source: string | null, output: string | null): string {
  const path = output ?? '';
  const isBeside = source !== null && dirname(source) === dirname(path);
  return printable(isBeside ? basename(path) : path);
}
