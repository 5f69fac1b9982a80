import { formatSize } from '@app/client';
import type { Conversion, Phase } from '../conversion/conversion.js';
import { printable } from './printable.js';
import { resultLine } from './result-line.js';
import type { Screen } from './screen.js';
import type { Style } from './style.js';

/** Output for a file, a pipe or a terminal that cannot move its cursor: one line for each step. */
export class PlainScreen implements Screen {
  private readonly reported = new Map<Conversion, Set<Phase>>();

  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly style: Style,
  ) {}

  begin(): void {
    // Nothing to report yet.
  }

  changed(conversion: Conversion): void {
    const reported = this.reported.get(conversion) ?? new Set();
    if (reported.has(conversion.phase)) return;
    this.reported.set(conversion, reported.add(conversion.phase));
    const line = conversion.hasEnded ? resultLine(conversion, this.style) : stepLine(conversion);
    if (line !== null) this.stream.write(`${line}\n`);
  }

  note(text: string): void {
    this.stream.write(`${this.style.signs.note} ${printable(text)}\n`);
  }

  end(): void {
    // Nothing is drawn that must be removed.
  }
}

function stepLine({ phase, name, sizeBytes, jobId }: Conversion): string | null {
  if (phase === 'uploading') return `  ${printable(name)}: uploading ${formatSize(sizeBytes)}`;
  if (phase === 'converting') return `  ${printable(name)}: converting (job ${jobId})`;
  return null;
}
