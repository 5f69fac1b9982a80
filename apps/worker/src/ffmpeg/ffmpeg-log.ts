import { LogFacts, type LogLine } from './log-facts.js';

const MAX_LINE_CHARACTERS = 4096;
const TAIL_LINES = 40;

const LINE =
  /^(?:\[([^\]]*?)(?: @ 0x[0-9a-f]+)?\] )?(?:\[([^\]]*?)(?: @ 0x[0-9a-f]+)?\] )?\[(quiet|panic|fatal|error|warning|info|verbose|debug|trace)\] ?(.*)$/;

/** The second line of a value of the file's metadata: it has no level, and only the file's author decides what it says. */
const METADATA_CONTINUATION = /^ {18,}: /;

/** Reads what ffmpeg prints at `-v level+verbose`, piece by piece, in bounded memory. */
export class FfmpegLog {
  readonly facts = new LogFacts();
  private rest = '';
  private readonly lastLines: string[] = [];

  /** The last lines that say more than that all is well: for the log, never for users. */
  get tail(): readonly string[] {
    return this.lastLines;
  }

  push(text: string): void {
    const lines = (this.rest + text).split(/[\r\n]/);
    this.rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) this.readLine(line.slice(0, MAX_LINE_CHARACTERS));
  }

  end(): void {
    if (this.rest !== '') this.readLine(this.rest);
    this.rest = '';
  }

  private readLine(text: string): void {
    if (text.trim() === '' || METADATA_CONTINUATION.test(text)) return;
    const line = parse(text);
    this.facts.read(line);
    if (line.level === 'info' || line.level === 'verbose') return;
    this.lastLines.push(text);
    if (this.lastLines.length > TAIL_LINES) this.lastLines.shift();
  }
}

function parse(text: string): LogLine {
  const match = LINE.exec(text);
  // Without a level: the program loader, an assertion, a launcher.
  if (match === null) return { source: '', level: 'fatal', message: text };
  const [, outer = '', inner = '', level = '', message = ''] = match;
  return { source: inner === '' ? outer : inner, level, message };
}
