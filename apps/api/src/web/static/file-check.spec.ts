import { describe, expect, it } from 'vitest';
import { isVideo, fileProblem } from './file-check.js';

const MP4_HEAD = '\0\0\0\x18ftypisom';

describe('the beginning of a file', () => {
  const head = (text: string): DataView => new DataView(new Uint8Array(Buffer.from(text, 'latin1')).buffer);

  it.each([MP4_HEAD, '\0\0\0\x08wide\0\0\0\0', '\x1a\x45\xdf\xa3\0\0\0\0\0\0\0\0'])('%j can be a video', (text) =>
    expect(isVideo(head(text))).toBe(true),
  );

  it.each(['', '\x1a\x45\xdf\xa3', 'GIF89a\0\0\0\0\0\0', 'RIFF\0\0\0\0AVI ', '<!doctype html>'])(
    '%j is not a video',
    (text) => expect(isVideo(head(text))).toBe(false),
  );
});

describe('a file', () => {
  const video = new File([MP4_HEAD], 'clip.mp4');

  it('that can be a video is accepted, up to the limit', async () => {
    expect(await fileProblem(video, video.size)).toBeNull();
    expect(await fileProblem(video, Number.POSITIVE_INFINITY)).toBeNull();
  });

  it('that is larger than the limit is not read', async () => {
    const unreadable = { size: 2_000_001, slice: () => expect.unreachable() } as unknown as File;
    expect(await fileProblem(unreadable, 2_000_000)).toContain('larger than 2.0 MB, the limit of this service');
  });

  it('that is empty, of another kind, or gone is rejected with a sentence', async () => {
    expect(await fileProblem(new File([''], 'clip.mp4'), 100)).toContain('The file is empty.');
    expect(await fileProblem(new File(['Dear reader,'], 'letter.mp4'), 100)).toContain(
      'The file is not a supported video',
    );
    const gone = { size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotFoundError')) }) };
    expect(await fileProblem(gone as unknown as File, 100)).toContain('The file cannot be read.');
  });
});
