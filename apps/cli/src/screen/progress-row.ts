import { formatProgress, formatSize } from '@app/client';
import stringWidth from 'string-width';
import type { Conversion, Phase } from '../conversion/conversion.js';
import { printable } from './printable.js';
import type { Style } from './style.js';
import { fitted } from './text-width.js';
import { formatRemaining } from './format-remaining.js';

const MAX_NAME = 40;
const MAX_BAR = 24;
const MIN_BAR = 6;
/** The width of `  100 %` beside a bar. */
const PERCENT = 6;
/** The spinner and the spaces between columns. */
const GAPS = 2 + 2 + 2;
const DETAIL = 24;
/** The width of a terminal that has room for details. */
const WIDE = 90;

export interface Columns {
  readonly name: number;
  readonly bar: number;
  /** Zero if the terminal is too narrow for words beside the bars. */
  readonly detail: number;
}

/** Divides the width of a terminal; the last column stays free, because some terminals wrap when it is filled. */
export function columnsFor(width: number, names: readonly string[]): Columns {
  const longest = Math.max(0, ...names.map((name) => stringWidth(printable(name))));
  const detail = width >= WIDE ? DETAIL : 0;
  const room = width - 1 - GAPS - 2 * PERCENT - (detail === 0 ? 0 : detail + 2);
  const name = Math.max(4, Math.min(MAX_NAME, longest, room - 2 * MIN_BAR));
  const bar = Math.max(2, Math.min(MAX_BAR, Math.floor((room - name) / 2)));
  return { name, bar, detail };
}

export function headingRow({ name, bar }: Columns, style: Style): string {
  const upload = fitted('upload', bar + PERCENT, '');
  return style.paint('dim', `  ${fitted('', name)}  ${upload}  conversion`);
}

/** Returns the row of one file: its upload and its conversion. */
export function progressRow(
  conversion: Conversion,
  columns: Columns,
  style: Style,
  now: { readonly frame: number; readonly bytesPerSecond: number | null },
): string {
  const { signs } = style;
  const [upload, convert] = fractionsOf(conversion);
  const isActive = conversion.phase !== 'waiting';
  const spinner = isActive ? (signs.spinner[now.frame % signs.spinner.length] ?? '') : ' ';
  return [
    `${style.paint('cyan', spinner)} ${fitted(printable(conversion.shortName), columns.name, signs.ellipsis)}`,
    progressBar(upload, 'cyan', columns, style),
    progressBar(convert, 'green', columns, style),
    columns.detail === 0 ? '' : style.paint('dim', fitted(detailOf(conversion, now.bytesPerSecond), columns.detail)),
  ]
    .join('  ')
    .trimEnd();
}

const AFTER_UPLOAD: readonly Phase[] = ['storing', 'queued', 'converting', 'downloading', 'done'];

/** Returns the fractions of upload and conversion; null for one that has not started. */
function fractionsOf({ phase, fraction, source }: Conversion): [number | null, number | null] {
  const upload = phase === 'uploading' ? fraction : AFTER_UPLOAD.includes(phase) || source === null ? 1 : null;
  const convert = phase === 'converting' ? fraction : phase === 'downloading' ? 1 : null;
  return [upload, convert];
}

function progressBar(fraction: number | null, color: 'cyan' | 'green', { bar: width }: Columns, style: Style): string {
  const filled = fraction === null ? 0 : Math.min(width, Math.floor(fraction * width));
  const { full, empty } = style.signs;
  const percent = fraction === null ? '' : fraction === 1 ? '100 %' : formatProgress(fraction);
  const line = style.paint(color, full.repeat(filled)) + style.paint('dim', empty.repeat(width - filled));
  return `${line} ${percent.padStart(PERCENT - 1)}`;
}

function detailOf({ phase, fraction, sizeBytes, job }: Conversion, bytesPerSecond: number | null): string {
  switch (phase) {
    case 'waiting':
      return 'waiting to upload';
    case 'uploading': {
      if (bytesPerSecond === null || bytesPerSecond === 0) return formatSize(sizeBytes);
      const left = formatRemaining(((1 - fraction) * sizeBytes) / bytesPerSecond);
      return `${formatSize(bytesPerSecond)}/s, ${left} left`;
    }
    case 'storing':
      return 'storing';
    case 'queued':
      return job?.status === 'DONE' ? '' : 'waiting for a worker';
    case 'downloading':
      return `downloading ${formatProgress(fraction)}`;
    case 'converting':
    case 'done':
    case 'uploaded':
    case 'failed':
    case 'stopped':
      return '';
  }
}
