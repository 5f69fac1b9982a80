import { describe, expect, it } from 'vitest';
import { serializeError } from './serialize-error.js';

describe('serializeError', () => {
  it('keeps type, code, message, stack and the chain of causes', () => {
    const root = Object.assign(new TypeError('socket'), { code: 'ECONNRESET' });
    const error = Object.assign(new Error('outer', { cause: new Error('middle', { cause: root }) }), { code: 406 });
    const serialized = serializeError(error);
    expect(serialized).toMatchObject({
      type: 'Error',
      code: '406',
      message: 'outer',
      cause: { message: 'middle', cause: { type: 'TypeError', code: 'ECONNRESET', message: 'socket' } },
    });
    expect(serialized.stack).toContain('serialize-error.spec');
  });

  it('keeps the errors of an AggregateError', () => {
    const error = new AggregateError([new Error('a'), 'b'], 'both');
    expect(serializeError(error)).toMatchObject({ errors: [{ message: 'a' }, { type: 'string', message: 'b' }] });
  });

  it('stops at the end of its limit for an endless chain', () => {
    const error = new Error('again');
    error.cause = error;
    expect(JSON.stringify(serializeError(error)).length).toBeLessThan(50_000);
  });

  it('shortens long messages', () => {
    const { message } = serializeError(new Error('x'.repeat(1_000_000)));
    expect(message).toMatch(/^x{2000}… \(1000000 characters\)$/);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{ a: 1 }, '{"a":1}'],
    [1n, '[object BigInt]'],
  ])('describes %s that was thrown', (thrown, message) => {
    expect(serializeError(thrown)).toMatchObject({ message });
  });
});
