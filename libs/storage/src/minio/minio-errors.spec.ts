import { S3Error } from 'minio';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './minio-errors.js';

const answer = (code: string): S3Error => Object.assign(new S3Error('as the store says it'), { code });

describe('refusalOf', () => {
  it('names bucket and rights where the account is known but may not', () => {
    expect(refusalOf(answer('AccessDenied'), 'media')).toMatch(/may not use the bucket "media".* create the bucket/);
  });

  it.each([answer('SlowDown'), answer('NoSuchBucket'), new Error('socket hang up')])('is not what %s is', (error) => {
    expect(refusalOf(error, 'media')).toBeNull();
  });
});
