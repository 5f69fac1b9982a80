import { ID3_HEADER_BYTES, id3Header } from '../mp3/id3-header.js';
import type { Cover } from './cover.js';
import type { SourceTags, TagName } from './source-tags.js';

const TEXT_FRAMES: Readonly<Partial<Record<TagName, string>>> = {
  title: 'TIT2',
  artist: 'TPE1',
  album: 'TALB',
  albumArtist: 'TPE2',
  composer: 'TCOM',
  genre: 'TCON',
  copyright: 'TCOP',
};
const NUMBER_FRAMES: Readonly<Partial<Record<TagName, string>>> = { track: 'TRCK', disc: 'TPOS' };
/** A number such as 3 or 3/12. */
const NUMBER = /^\d{1,5}(\/\d{1,5})?$/;
/** A year, or an ISO 8601 date with or without hyphens. */
const DATE = /^(\d{4})(?:-?(\d\d)-?(\d\d)(?!\d)|(?!\d))/;

const LATIN_1 = Buffer.of(0);
const UTF_16 = Buffer.of(1);
const BYTE_ORDER_MARK = Buffer.of(0xff, 0xfe);
/** "Unknown": players then show the comment to every user. */
const LANGUAGE = Buffer.from('XXX');
const FRONT_COVER = 3;

/**
 * Returns the ID3 tag of an MP3; empty if there are no tags. It uses version 2.3, which every player reads, including
 * old car radios.
 */
export function writeId3Tag({ texts, cover }: SourceTags): Buffer {
  const frames = (Object.entries(texts) as [TagName, string][]).flatMap(([name, text]) => textFrames(name, text));
  if (cover !== null) frames.push(coverFrame(cover));
  return frames.length === 0 ? Buffer.alloc(0) : withHeader(Buffer.concat(frames));
}

/** Pads a tag with zeros after its frames to `roomBytes`. */
export function padId3Tag(tag: Buffer, roomBytes: number): Buffer {
  return withHeader(Buffer.concat([tag.subarray(ID3_HEADER_BYTES)], roomBytes - ID3_HEADER_BYTES));
}

function withHeader(body: Buffer): Buffer {
  return Buffer.concat([id3Header(ID3_HEADER_BYTES + body.length), body]);
}

function textFrames(name: TagName, text: string): Buffer[] {
  if (name === 'comment') return [frame('COMM', commentOf(text))];
  if (name === 'date') return dateFrames(text);
  const number = NUMBER_FRAMES[name];
  if (number !== undefined) return NUMBER.test(text) ? [frame(number, encoded(text))] : [];
  const id = TEXT_FRAMES[name];
  return id === undefined ? [] : [frame(id, encoded(text))];
}

/** Version 2.3 stores the year, and separately the day and month. */
function dateFrames(text: string): Buffer[] {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return [];
  const frames = [frame('TYER', encoded(year))];
  if (month !== undefined && day !== undefined) frames.push(frame('TDAT', encoded(day + month)));
  return frames;
}

/** Returns a comment: a language, an empty description, and the text. */
function commentOf(text: string): Buffer {
  const [encoding, value] = [encoded(text).subarray(0, 1), encoded(text).subarray(1)];
  const description = encoding.equals(LATIN_1) ? Buffer.alloc(1) : Buffer.concat([BYTE_ORDER_MARK, Buffer.alloc(2)]);
  return Buffer.concat([encoding, LANGUAGE, description, value]);
}

function coverFrame({ mimeType, bytes }: Cover): Buffer {
  const head = Buffer.concat([LATIN_1, Buffer.from(`${mimeType}\0`), Buffer.of(FRONT_COVER), Buffer.alloc(1)]);
  return frame('APIC', Buffer.concat([head, bytes]));
}

/** The size ends a frame, so its content cannot. */
function frame(id: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(ID3_HEADER_BYTES);
  header.write(id, 'latin1');
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** Encodes ASCII as Latin 1 and any other text as UTF-16, because players read Latin 1 in the code page of their country. */
function encoded(text: string): Buffer {
  const isAscii = Buffer.byteLength(text) === text.length;
  if (isAscii) return Buffer.concat([LATIN_1, Buffer.from(text, 'latin1')]);
  return Buffer.concat([UTF_16, BYTE_ORDER_MARK, Buffer.from(text, 'utf16le')]);
}
