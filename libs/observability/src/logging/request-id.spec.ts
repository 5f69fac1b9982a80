import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requestIdOf } from './request-id.js';

function requestWith(header?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (header !== undefined) request.headers['x-request-id'] = header;
  return request;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestIdOf', () => {
  it.each(['a', 'req-1', '0af76519-16cd-43dd-8448-eb211c80319c', 'A.b_c:d', 'x'.repeat(64)])('keeps %s', (id) => {
    expect(requestIdOf(requestWith(id))).toBe(id);
  });

  it.each(['', '-leading', 'x'.repeat(65), 'a b', 'a\nb', 'a"b', 'é', '<script>', '${jndi:x}', 'a, b'])(
    'replaces %j with a generated id',
    (id) => {
      expect(requestIdOf(requestWith(id))).toMatch(UUID);
    },
  );

  it('returns the same id for one request, and different ids for two requests', () => {
    const request = requestWith();
    expect(requestIdOf(request)).toMatch(UUID);
    expect(requestIdOf(request)).toBe(requestIdOf(request));
    expect(requestIdOf(requestWith())).not.toBe(requestIdOf(request));
  });
});
