import { basename, dirname } from 'node:path';
import type { Conversion } from '../conversion/conversion.js';
import { printable } from './printable.js';
import type { Style } from './style.js';
import { durationInWords, sizeInWords } from './words.js';

/** How a file ended, on one line. */
export function resultLine({ phase, name, source, job, jobId, output, ending }: Conversion, style: Style): string {
  const { signs } = style;
  const file = printable(name);
  if (phase === 'done') {
    const facts = [
      job?.duration == null ? '' : durationInWords(job.duration),
      job?.output_size == null ? '' : sizeInWords(job.output_size),
    ];
    const detail = facts.filter((fact) => fact !== '').join(signs.between);
    return `${style.paint('green', signs.done)} ${file} ${signs.to} ${target(source, output)}  ${style.paint('dim', detail)}`;
  }
  if (phase === 'stopped') {
    const detail = jobId === null ? 'stopped before it was uploaded' : 'stopped; its conversion goes on at the service';
    return `${style.paint('yellow', signs.stopped)} ${file}  ${style.paint('dim', detail)}`;
  }
  const { message, code } = ending ?? { message: '', code: '' };
  return `${style.paint('red', signs.failed)} ${file}: ${printable(message)} ${style.paint('dim', `(${printable(code)})`)}`;
}

/** Beside its source, the name says all. */
function target(source: string | null, output: string | null): string {
  const path = output ?? '';
  const isBeside = source !== null && dirname(source) === dirname(path);
  return printable(isBeside ? basename(path) : path);
}
