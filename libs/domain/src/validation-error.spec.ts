import { describe, expect, it } from 'vitest';
import { MAX_FIELD_ERRORS, ValidationError } from './validation-error.js';

describe('ValidationError', () => {
  it('reads no more errors than it keeps', () => {
    let count = 0;
    function* endless(): Generator<{ field: string; message: string }> {
      for (;;) yield { field: `f${(count += 1)}`, message: 'must be set' };
    }
    expect(new ValidationError(endless()).errors).toHaveLength(MAX_FIELD_ERRORS);
    expect(count).toBe(MAX_FIELD_ERRORS);
  });

  it('cuts long names and messages, and no character in two', () => {
    const [error] = new ValidationError([{ field: 'a'.repeat(101), message: `${'b'.repeat(98)}🎬🎬` }]).errors;
    expect(error).toEqual({ field: `${'a'.repeat(99)}…`, message: `${'b'.repeat(98)}…` });
  });

  it('keeps what fits', () => {
    const errors = [{ field: 'a'.repeat(100), message: 'must be set' }];
    expect(new ValidationError(errors).errors).toEqual(errors);
  });
});
