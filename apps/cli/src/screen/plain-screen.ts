import type { Conversion, Phase } from '../conversion/conversion.js';
import { printable } from './printable.js';
import { resultLine } from './result-line.js';
import type { Screen } from './screen.js';
import type { Style } from './style.js';
import { sizeInWords } from './words.js';

/** A file, a pipe or a terminal that cannot move its cursor: one line for each thing that happens. */
export class PlainScreen implements Screen {
  private readonly told = new Map<Conversion, Set<Phase>>();

  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly style: Style,
  ) {}

  begin(): void {
    // Nothing is said of what has not begun.
  }

  changed(conversion: Conversion): void {
    const told = this.told.get(conversion) ?? new Set();
    if (told.has(conversion.phase)) return;
    this.told.set(conversion, told.add(conversion.phase));
    const line = conversion.hasEnded ? resultLine(conversion, this.style) : stepLine(conversion);
    if (line !== null) this.stream.write(`${line}\n`);
  }

  note(text: string): void {
    this.stream.write(`${this.style.signs.note} ${printable(text)}\n`);
  }

  end(): void {
    // Each line stands for itself.
  }
}

function stepLine({ phase, name, sizeBytes, jobId }: Conversion): string | null {
  if (phase === 'uploading') return `  ${printable(name)}: uploading ${sizeInWords(sizeBytes)}`;
  if (phase === 'converting') return `  ${printable(name)}: converting (job ${jobId})`;
  return null;
}
