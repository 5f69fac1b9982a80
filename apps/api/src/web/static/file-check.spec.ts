import { describe, expect, it } from 'vitest';
import { isVideo, whyNot } from './file-check.js';

const MP4_HEAD = '\0\0\0\x18ftypisom';

describe('the beginning of a file', () => {
  const head = (text: string): DataView => new DataView(new Uint8Array(Buffer.from(text, 'latin1')).buffer);

  it.each([MP4_HEAD, '\0\0\0\x08wide\0\0\0\0', '\x1a\x45\xdf\xa3\0\0\0\0\0\0\0\0'])(
    'that is %j may be a video',
    (text) => expect(isVideo(head(text))).toBe(true),
  );

  it.each(['', '\x1a\x45\xdf\xa3', 'GIF89a\0\0\0\0\0\0', 'RIFF\0\0\0\0AVI ', '<!doctype html>'])(
    'that is %j is none',
    (text) => expect(isVideo(head(text))).toBe(false),
  );
});

describe('a file', () => {
  const video = new File([MP4_HEAD], 'clip.mp4');

  it('that may be a video is taken, up to the limit', async () => {
    expect(await whyNot(video, video.size)).toBeNull();
    expect(await whyNot(video, Number.POSITIVE_INFINITY)).toBeNull();
  });

  it('that is larger than the service takes is not even read', async () => {
    const unreadable = { size: 2_000_001, slice: () => expect.unreachable() } as unknown as File;
    expect(await whyNot(unreadable, 2_000_000)).toContain('larger than the 2.0 MB that this service takes');
  });

  it('that is empty, of another kind, or gone is turned away in words', async () => {
    expect(await whyNot(new File([''], 'clip.mp4'), 100)).toContain('It is empty.');
    expect(await whyNot(new File(['Dear reader,'], 'letter.mp4'), 100)).toContain('It is not a video');
    const gone = { size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotFoundError')) }) };
    expect(await whyNot(gone as unknown as File, 100)).toContain('It cannot be read.');
  });
});
