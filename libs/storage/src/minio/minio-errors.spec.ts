import { S3Error } from 'minio';
import { describe, expect, it } from 'vitest';
import { accessProblem } from './minio-errors.js';

const answer = (code: string): S3Error => Object.assign(new S3Error('message of the store'), { code });

describe('accessProblem', () => {
  it('names the bucket and the permissions if the account has no access', () => {
    expect(accessProblem(answer('AccessDenied'), 'media')).toMatch(/cannot use the bucket "media".* create the bucket/);
  });

  it.each([answer('SlowDown'), answer('NoSuchBucket'), new Error('socket hang up')])('is null for %s', (error) => {
    expect(accessProblem(error, 'media')).toBeNull();
  });
});
