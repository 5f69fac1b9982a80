import { describe, expect, it } from 'vitest';
import { OpenUploads } from './open-uploads.js';
import { UploadsEnv } from './uploads.env.js';

const [ADA, BOB, EVE] = [1, 2, 3];

describe('OpenUploads', () => {
  const sut = (): OpenUploads =>
    new OpenUploads(Object.assign(new UploadsEnv(), { MAX_OPEN_UPLOADS_PER_USER: 2, MAX_OPEN_UPLOADS: 3 }));

  it('rejects a user over the limit, until one of the uploads ends', () => {
    const uploads = sut();
    const close = uploads.open(ADA);
    uploads.open(ADA);
    expect(() => uploads.open(ADA)).toThrow(expect.objectContaining({ code: 'too_many_uploads', retryable: true }));
    close();
    expect(() => uploads.open(ADA)).not.toThrow();
  });

  it('rejects all users over the total, and does not count rejected uploads', () => {
    const uploads = sut();
    const close = uploads.open(ADA);
    uploads.open(ADA);
    uploads.open(BOB);
    for (let i = 0; i < 3; i += 1) {
      expect(() => uploads.open(EVE)).toThrow(expect.objectContaining({ code: 'too_busy', retryable: true }));
    }
    close();
    expect(() => uploads.open(EVE)).not.toThrow();
  });

  it('counts the end of an upload only once', () => {
    const uploads = sut();
    const close = uploads.open(ADA);
    uploads.open(ADA);
    close();
    close();
    uploads.open(ADA);
    expect(() => uploads.open(ADA)).toThrow('limit');
  });
});
