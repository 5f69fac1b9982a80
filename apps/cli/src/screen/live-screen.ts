import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import type { Conversion, Phase } from '../conversion/conversion.js';
import { columnsFor, headingRow, progressRow } from './progress-row.js';
import { printable } from './printable.js';
import { resultLine } from './result-line.js';
import type { Screen } from './screen.js';
import type { Style } from './style.js';

const FRAME_MS = 100;
/** The heading, the line about hidden files, and the line of the cursor. */
const OTHER_ROWS = 3;
/** A rate over a shorter time is not meaningful. */
const RATE_AFTER_MS = 1_500;

interface PhaseStart {
  readonly phase: Phase;
  readonly fraction: number;
  readonly at: number;
}

/** Output for a terminal: running files are redrawn at its bottom, and results scroll away above them. */
export class LiveScreen implements Screen {
  private readonly log: ReturnType<typeof createLogUpdate>;
  private readonly starts = new Map<Conversion, PhaseStart>();
  private readonly ended = new Set<Conversion>();
  private conversions: readonly Conversion[] = [];
  private timer: NodeJS.Timeout | undefined;
  private frame = 0;

  constructor(
    private readonly stream: WriteStream,
    private readonly style: Style,
  ) {
    this.log = createLogUpdate(stream);
  }

  begin(conversions: readonly Conversion[]): void {
    this.conversions = conversions;
    this.timer = setInterval(() => {
      this.frame += 1;
      this.draw();
    }, FRAME_MS);
    this.draw();
  }

  changed(conversion: Conversion): void {
    const { phase, fraction } = conversion;
    const start = this.starts.get(conversion);
    // A fraction that shrank belongs to a new try.
    if (start?.phase !== phase || fraction < start.fraction)
      this.starts.set(conversion, { phase, fraction, at: performance.now() });
    if (!conversion.hasEnded || this.ended.has(conversion)) return;
    this.ended.add(conversion);
    this.write(resultLine(conversion, this.style));
  }

  note(text: string): void {
    this.write(`${this.style.paint('yellow', this.style.signs.note)} ${printable(text)}`);
  }

  end(): void {
    clearInterval(this.timer);
    this.log.clear();
    this.log.done();
  }

  /** Writes a line above what is drawn. */
  private write(line: string): void {
    this.log.clear();
    this.stream.write(`${line}\n`);
    this.draw();
  }

  private draw(): void {
    const left = this.conversions.filter((conversion) => !conversion.hasEnded);
    if (left.length === 0) return;
    const shown = this.mostActive(left);
    // The names of all files, so that nothing moves when one ends.
    const names = this.conversions.map(({ shortName }) => shortName);
    const columns = columnsFor(this.stream.columns ?? 80, names);
    const rows = shown.map((conversion) =>
      progressRow(conversion, columns, this.style, {
        frame: this.frame,
        bytesPerSecond: this.bytesPerSecond(conversion),
      }),
    );
    const hidden = left.length - shown.length;
    const more = hidden === 0 ? [] : [this.style.paint('dim', `  and ${hidden} more`)];
    this.log([headingRow(columns, this.style), ...rows, ...more].join('\n'));
  }

  /** Returns as many files as there is room for, active ones first, in the order of the command. */
  private mostActive(left: readonly Conversion[]): readonly Conversion[] {
    const room = Math.max(1, (this.stream.rows ?? 24) - OTHER_ROWS);
    if (left.length <= room) return left;
    const isActive = ({ phase }: Conversion): boolean => ['uploading', 'converting', 'downloading'].includes(phase);
    const chosen = new Set(left.toSorted((a, b) => Number(isActive(b)) - Number(isActive(a))).slice(0, room));
    return left.filter((conversion) => chosen.has(conversion));
  }

  private bytesPerSecond(conversion: Conversion): number | null {
    const start = this.starts.get(conversion);
    if (start?.phase !== 'uploading' || conversion.phase !== 'uploading') return null;
    const elapsedMs = performance.now() - start.at;
    if (elapsedMs < RATE_AFTER_MS) return null;
    return ((conversion.fraction - start.fraction) * conversion.sizeBytes * 1000) / elapsedMs;
  }
}
