import { describe, expect, it } from 'vitest';
import { containerFormat, HEAD_BYTES } from './container-format.js';

function ftyp(brand: string, compatible = ''): Buffer {
  const file = Buffer.from(`\0\0\0\0ftyp${brand}\0\0\0\0${compatible}`, 'latin1');
  file.writeUInt32BE(file.length);
  return file;
}

function box(size: number, type: string): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(size);
  head.write(type, 4, 'latin1');
  return head;
}

function ebml(docType: string, before = Buffer.alloc(0)): Buffer {
  const element = Buffer.concat([Buffer.from([0x42, 0x82, 0x80 | docType.length]), Buffer.from(docType)]);
  const length = before.length + element.length;
  return Buffer.concat([
    Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x40 | (length >> 8), length & 0xff]),
    before,
    element,
    Buffer.alloc(64, 0x18),
  ]);
}

describe('containerFormat', () => {
  it.each([
    ['isom', 'mp4'],
    ['mp42', 'mp4'],
    ['iso6', 'mp4'],
    ['dash', 'mp4'],
    ['MSNV', 'mp4'],
    ['qt  ', 'mov'],
    ['M4V ', 'm4v'],
    ['M4A ', 'm4a'],
    ['3gp5', '3gp'],
    ['3g2a', '3gp'],
  ])('detects the brand %s as %s', (brand, format) => {
    expect(containerFormat(ftyp(brand), true)).toBe(format);
  });

  it.each(['heic', 'mif1', 'msf1', 'avif', 'avis', 'jp2 ', 'crx '])('rejects the still image %s', (brand) => {
    expect(containerFormat(ftyp(brand, 'mif1isom'), true)).toBeNull();
  });

  it.each([
    box(0x6c, 'moov'),
    box(8, 'wide'),
    box(8, 'free'),
    box(100, 'skip'),
    box(20, 'pnot'),
    box(1, 'mdat'),
    box(0, 'mdat'),
    box(0xf0_00_00_00, 'mdat'),
  ])('accepts a QuickTime file without ftyp (%#)', (head) => {
    expect(containerFormat(head, true)).toBe('mov');
  });

  it.each([['webm'], ['matroska']])('accepts %s', (docType) => {
    expect(containerFormat(ebml(docType), true)).toBe(docType);
    const version = Buffer.from([0x42, 0x86, 0x81, 1, 0xec, 0x83, 0, 0, 0]);
    expect(containerFormat(ebml(docType, version), true)).toBe(docType);
    expect(containerFormat(ebml(`${docType}\0\0`), true)).toBe(docType);
  });

  it.each([
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')],
    ['a JPEG', Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01', 'latin1')],
    ['JPEG XL', Buffer.from('\0\0\0\x0cJXL \r\n\x87\n\0\0\0', 'latin1')],
    ['HTML', Buffer.from('<!doctype html><html>')],
    ['a playlist', Buffer.from('#EXTM3U\n#EXT-X-VERSION:3\n')],
    ['text that contains a box name', Buffer.from('Duty free shops')],
    ['an AVI', Buffer.from('RIFF\0\0\0\0AVI LIST')],
    ['an MP3', Buffer.from('ID3\x03\0\0\0\0\0\0TIT2')],
    ['zeros', Buffer.alloc(64)],
    ['another EBML document', ebml('sidecar')],
    ['EBML with broken sizes', Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['an EBML header without end', Buffer.concat([ebml('x').subarray(0, 6), Buffer.alloc(HEAD_BYTES, 0xec)])],
    ['a box with an impossible size', box(3, 'moov')],
    ['eleven bytes', ftyp('isom').subarray(0, 11)],
    ['nothing', Buffer.alloc(0)],
  ])('rejects %s', (_name, head) => {
    expect(containerFormat(head, true)).toBeNull();
  });

  it.each([ftyp('isom'), ebml('matroska'), ebml('webm', Buffer.alloc(200, 0xec))])(
    'detects the same container no matter how the head is split (%#)',
    (head) => {
      const whole = containerFormat(head, true);
      for (let length = 0; length < head.length; length++) {
        expect([whole, 'undecided']).toContain(containerFormat(head.subarray(0, length), false));
      }
    },
  );

  it('decides by the end of the head at the latest', () => {
    const longHeader = Buffer.concat([
      Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x08, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(HEAD_BYTES, 0xec),
    ]);
    expect(containerFormat(longHeader.subarray(0, HEAD_BYTES), false)).toBeNull();
  });
});
