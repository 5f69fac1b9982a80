import { describe, expect, it } from 'vitest';
import { id3TagBytes } from '../mp3/id3-header.js';
import type { Cover } from './cover.js';
import { padId3Tag, writeId3Tag } from './id3-tag.js';
import type { TagTexts } from './source-tags.js';

const cover: Cover = { mimeType: 'image/png', bytes: Buffer.from('picture') };

const ascii = (text: string): Buffer => Buffer.from(`\0${text}`, 'latin1');
const utf16 = (text: string): Buffer => Buffer.from(`\u{feff}${text}`, 'utf16le');

/** Reads the frames of a tag as the standard requires. */
function framesOf(tag: Buffer): Record<string, Buffer> {
  expect(tag.toString('latin1', 0, 6)).toBe('ID3\x03\x00\x00');
  expect(id3TagBytes(tag)).toBe(tag.length);
  const frames: Record<string, Buffer> = {};
  for (let at = 10; at + 10 <= tag.length && tag[at] !== 0;) {
    const end = at + 10 + tag.readUInt32BE(at + 4);
    expect(end).toBeLessThanOrEqual(tag.length);
    expect(tag.readUInt16BE(at + 8)).toBe(0);
    frames[tag.toString('latin1', at, at + 4)] = tag.subarray(at + 10, end);
    at = end;
  }
  return frames;
}

const framesWith = (texts: TagTexts): Record<string, Buffer> => framesOf(writeId3Tag({ texts, cover: null }));

describe('writeId3Tag', () => {
  it('writes nothing if there are no tags', () => {
    expect(writeId3Tag({ texts: {}, cover: null })).toHaveLength(0);
    expect(writeId3Tag({ texts: { date: 'soon', track: 'A1' }, cover: null })).toHaveLength(0);
  });

  it('writes a frame for each text', () => {
    const texts = { title: 't', artist: 'a', album: 'l', albumArtist: 'b', composer: 'c', genre: 'g', copyright: 'r' };
    const expected = { TIT2: 't', TPE1: 'a', TALB: 'l', TPE2: 'b', TCOM: 'c', TCON: 'g', TCOP: 'r' };
    const read = Object.entries(framesWith(texts)).map(([id, payload]) => [id, payload.toString('latin1')]);
    expect(Object.fromEntries(read)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([id, text]) => [id, `\0${text}`])),
    );
  });

  it('writes UTF-16 for text that is not ASCII', () => {
    expect(framesWith({ title: 'Fur 1' }).TIT2).toEqual(ascii('Fur 1'));
    expect(framesWith({ title: 'Für 🎹' }).TIT2).toEqual(Buffer.concat([Buffer.of(1), utf16('Für 🎹')]));
  });

  it('writes a comment without a description in both encodings', () => {
    expect(framesWith({ comment: 'so' }).COMM).toEqual(Buffer.from('\0XXX\0so', 'latin1'));
    const head = Buffer.from('\x01XXX', 'latin1');
    expect(framesWith({ comment: 'é' }).COMM).toEqual(Buffer.concat([head, utf16('\0'), utf16('é')]));
  });

  it.each([
    ['2024', { TYER: '2024' }],
    ['2024-05-03', { TYER: '2024', TDAT: '0305' }],
    ['20240503', { TYER: '2024', TDAT: '0305' }],
    ['2024-05-03T10:00:00Z', { TYER: '2024', TDAT: '0305' }],
    ['2024-05', { TYER: '2024' }],
    ['May 2024', {}],
    ['20245', {}],
  ])('writes the date %s', (date, expected) => {
    const { TIT2, ...frames } = framesWith({ title: 't', date });
    expect(TIT2).toEqual(ascii('t'));
    expect(frames).toEqual(Object.fromEntries(Object.entries(expected).map(([id, text]) => [id, ascii(text)])));
  });

  it.each([
    ['3', true],
    ['3/12', true],
    ['3/', false],
    ['A1', false],
    ['3/12/4', false],
  ])('writes a track number only if it is valid: %s', (track, isNumber) => {
    const { TIT2, TRCK } = framesWith({ title: 't', track });
    expect(TIT2).toEqual(ascii('t'));
    expect(TRCK).toEqual(isNumber ? ascii(track) : undefined);
  });

  it('writes the picture unchanged', () => {
    const { APIC } = framesOf(writeId3Tag({ texts: { title: 'é' }, cover }));
    expect(APIC?.toString('latin1')).toBe('\0image/png\0\x03\0picture');
  });

  it('writes a value that looks like frames as a plain value', () => {
    const forged = 'x TIT2\0\0\0\x05\0\0\0evil ID3\x03\0\0\0\0\0\0APIC';
    expect(framesWith({ artist: forged })).toEqual({ TPE1: ascii(forged) });
  });
});

describe('padId3Tag', () => {
  it.each([0, 1, 35, 300_000])('adds %d bytes and keeps the frames', (more) => {
    const tag = writeId3Tag({ texts: { title: 'é', comment: 'c' }, cover });
    const padded = padId3Tag(tag, tag.length + more);
    expect(padded).toHaveLength(tag.length + more);
    expect(framesOf(padded)).toEqual(framesOf(tag));
    expect(padded.subarray(tag.length).every((byte) => byte === 0)).toBe(true);
  });
});
