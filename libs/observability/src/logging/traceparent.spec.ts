import { describe, expect, it } from 'vitest';
import { traceIdOf, traceparentOf } from './traceparent.js';

const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparentOf', () => {
  it('keeps a valid header', () => {
    expect(traceparentOf(VALID)).toBe(VALID);
  });

  it.each([
    undefined,
    '',
    VALID.toUpperCase(),
    `${VALID}-x`,
    VALID.replace('00-', 'ff-'),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    ['00', '01'],
  ])('replaces %j with a new trace', (header) => {
    const traceparent = traceparentOf(header);
    expect(traceparent).not.toBe(header);
    expect(traceparentOf(traceparent)).toBe(traceparent);
  });

  it('contains the trace id', () => {
    expect(traceIdOf(VALID)).toBe('0af7651916cd43dd8448eb211c80319c');
  });
});
