import { BESIDE_THE_AUDIO, TRACKS_AND_TIMES } from './contents.js';
import { CHANNEL_LAYOUTS, RATES } from './layouts.js';
import { STRUCTURES } from './structures.js';
import { CONTAINERS, AUDIO_KINDS } from './matrix.js';
import { REJECTIONS } from './rejections.js';

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
    `✓ means encoded: the frames after the tag are identical, byte for byte, to those of \`ffmpeg -i video -vn audio.mp3\`.
“copied” means that the frames of the MP3 track are copied unchanged. ${NOT_MADE} means not tested, because the container does not
support the codec or this ffmpeg cannot write it. Such a file is still converted if ffmpeg can read it.`,
    'audio',
    AUDIO_KINDS,
    ...CONTAINERS,
  ),
  layouts: table(
    'Channels',
    "More than two channels are mixed down to stereo with ffmpeg's weights for their layout.",
    'source',
    CHANNEL_LAYOUTS,
    'MP3',
  ),
  rates: table(
    'Sample rates',
    'A sample rate that MP3 supports is kept. Any other is converted to the nearest one.',
    'source',
    RATES,
    'MP3',
  ),
  times: table(
    'Tracks and times',
    `If there are several audio tracks, the default track is converted, or else the one with the most channels. The MP3 starts
with the audio, even if the audio starts later than the video. If the number of channels changes, ffmpeg drops up to 25 ms
of audio, which are also missing in the MP3.`,
    'a video with',
    TRACKS_AND_TIMES,
    'MP3',
  ),
  structures: table('Container variants', '', 'video', STRUCTURES, 'MP3'),
  beside: table('Other contents', 'Only the audio is decoded.', 'a file with', BESIDE_THE_AUDIO, 'MP3'),
  rejections: table(
    'Files that are rejected',
    `The code is the \`error\` of the conversion job. With \`unsupported_media_type\`, the upload itself is rejected (status
415): the format is detected from the content of the file, not from its name.`,
    'file',
    REJECTIONS,
    'code',
  ),
} satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;

const introduction = (version: string): string => `# Formats

<!-- Written by \`npm run docs:formats\` from a run of the tests: do not edit it by hand. -->

The formats that the service accepts, and how it converts them. Each run of the tests checks every row with the complete
service: it uploads the file, converts it, downloads the MP3, and compares it with the output of plain ffmpeg. These tables
were written with ffmpeg ${version}. A newer ffmpeg can write more combinations, so the tests with it check more.
`;

type Cells = ReadonlyMap<string, string>;

/** Collects the results of a run, cell by cell. */
export class Findings {
  private readonly cells = new Map<string, string>();

  constructor(private readonly version: string) {}

  note(name: TableName, row: string, column: string, text: string | null): void {
    if (text !== null) this.cells.set(keyOf(TABLES[name].title, row, column), text);
  }

  /**
   * Returns the document with the results of this run. If it was written with another ffmpeg, which supports other
   * combinations, only cells that both tested are updated.
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
  return /were written with ffmpeg (\d+\.\d+)\./.exec(document)?.[1] ?? '';
}

function keyOf(...parts: string[]): string {
  return parts.join('|');
}
