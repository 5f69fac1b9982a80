import { describe, expect, it } from 'vitest';
import { assertObjectKey, outputKey, parseObjectKey, sourceKey } from './object-keys.js';

const JOB = '0b8a7f1e-9c3d-4e5f-8a6b-1c2d3e4f5a6b';
const TOKEN = 'ffffffff-0000-4000-8000-000000000001';

describe('object keys', () => {
  it('name the job of a source', () => {
    expect(parseObjectKey(sourceKey(JOB))).toEqual({ jobId: JOB });
  });

  it('name the job and the lease token of an output', () => {
    expect(outputKey(JOB, 3, TOKEN)).toBe(`output/${JOB}/3-${TOKEN}.mp3`);
    expect(parseObjectKey(outputKey(JOB, 3, TOKEN))).toEqual({ jobId: JOB, leaseToken: TOKEN });
  });

  it.each([
    '',
    'source/',
    `source/${JOB}/`,
    `source/${JOB}\n`,
    `/source/${JOB}`,
    `source/../source/${JOB}`,
    `source/${JOB.toUpperCase()}`,
    `output/${JOB}`,
    `output/${JOB}/../../${TOKEN}.mp3`,
    `output/${JOB}/x-${TOKEN}.mp3`,
    `.incoming/${JOB}`,
  ])('reject %j', (key) => {
    expect(parseObjectKey(key)).toBeNull();
    expect(() => assertObjectKey(key)).toThrow(expect.objectContaining({ code: 'internal_error' }));
  });
});
