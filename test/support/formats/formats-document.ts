import { BESIDE_THE_AUDIO, TRACKS_AND_TIMES } from './contents.js';
import { CHANNEL_LAYOUTS, RATES } from './layouts.js';
import { STRUCTURES } from './structures.js';
import { CONTAINERS, AUDIO_KINDS } from './matrix.js';
import { REFUSALS } from './refusals.js';

interface Table {
  readonly title: string;
  readonly introduction: string;
  readonly rowName: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
}

const NOT_MADE = '–';

const table = (title: string, introduction: string, rowName: string, rows: object, ...columns: string[]): Table => ({
  title,
  introduction,
  rowName,
  rows: Object.keys(rows),
  columns,
});

export const TABLES = {
  matrix: table(
    'Containers and codecs',
    `✓ = encoded anew: the frames of the MP3 are byte for byte those that \`ffmpeg -i video -vn audio.mp3\` gives, behind a
tag of the service's own. copied = the frames of the MP3 track are taken as they are, and sound the same. ${NOT_MADE} = the
container does not hold this codec, or this ffmpeg does not write it so; a file of that kind is converted nevertheless
where ffmpeg can read it.`,
    'audio',
    AUDIO_KINDS,
    ...CONTAINERS,
  ),
  layouts: table(
    'Channels',
    'More than two channels are mixed down with the weights that ffmpeg has for their layout.',
    'source',
    CHANNEL_LAYOUTS,
    'MP3',
  ),
  rates: table(
    'Sample rates',
    'A rate that MP3 knows is kept, another becomes the nearest that it knows.',
    'source',
    RATES,
    'MP3',
  ),
  times: table(
    'Tracks and times',
    `Of several audio tracks one is converted: the default one, else the one with most channels. The MP3 begins with the
audio, also where that starts later than the picture. Where the channels change half way, ffmpeg leaves out up to a
fortieth of a second, and so does the MP3.`,
    'a video with',
    TRACKS_AND_TIMES,
    'MP3',
  ),
  structures: table('Ways to write a container', '', 'video', STRUCTURES, 'MP3'),
  beside: table('What else a file holds', 'Only audio is decoded.', 'a file with', BESIDE_THE_AUDIO, 'MP3'),
  refusals: table(
    'What is not converted',
    `The code is the \`error\` of the conversion job. \`unsupported_media_type\` is the answer to the upload itself, with status
415: a file is told by its content, whatever its name.`,
    'file',
    REFUSALS,
    'code',
  ),
} satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;

const introduction = (version: string): string => `# Formats

<!-- Written by \`npm run docs:formats\` from a run of the tests: do not edit it by hand. -->

What goes in and what comes out. Every row is tried in each run of the tests, through the whole service: uploaded,
converted, downloaded, and compared with what plain ffmpeg makes of the same file. This table was written with
ffmpeg ${version}; a newer one writes, and so tries, more combinations.
`;

type Cells = ReadonlyMap<string, string>;

/** The results of a run, cell by cell. */
export class Findings {
  private readonly cells = new Map<string, string>();

  constructor(private readonly version: string) {}

  note(name: TableName, row: string, column: string, text: string | null): void {
    if (text !== null) this.cells.set(keyOf(TABLES[name].title, row, column), text);
  }

  /**
   * The document as this run would have it. Another ffmpeg than the one that it was written with writes other
   * combinations: then only cells that both tried are this run's own.
   */
  document(current: string | null): string {
    const writtenWith = current === null ? null : versionIn(current);
    const isOther = current !== null && writtenWith !== this.version;
    const recorded = isOther ? cellsIn(current) : null;
    const cellOf = (key: string): string => {
      const found = this.cells.get(key);
      if (recorded === null) return found ?? NOT_MADE;
      const before = recorded.get(key) ?? NOT_MADE;
      return before === NOT_MADE || found === undefined ? before : found;
    };
    const parts = Object.values(TABLES).map((each) => render(each, cellOf));
    return [introduction(writtenWith ?? this.version), ...parts].join('\n');
  }
}

function render(
  { title, introduction: words, rowName, rows, columns }: Table,
  cellOf: (key: string) => string,
): string {
  const lines = [
    [rowName, ...columns],
    [rowName, ...columns].map(() => '---'),
    ...rows.map((row) => [row, ...columns.map((column) => cellOf(keyOf(title, row, column)))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const paragraphs = [`## ${title}`, words, `<!-- prettier-ignore -->\n${lines.join('\n')}`];
  return `${paragraphs.filter((text) => text !== '').join('\n\n')}\n`;
}

function cellsIn(document: string): Cells {
  const cells = new Map<string, string>();
  for (const section of document.split(/^## /m).slice(1)) {
    const [title = ''] = section.split('\n');
    const [header = [], , ...rows] = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    for (const [row = '', ...texts] of rows) {
      texts.forEach((text, index) => cells.set(keyOf(title, row, header[index + 1] ?? ''), text));
    }
  }
  return cells;
}

function versionIn(document: string): string {
  return /ffmpeg (\d+\.\d+);/.exec(document)?.[1] ?? '';
}

function keyOf(...parts: string[]): string {
  return parts.join('|');
}
