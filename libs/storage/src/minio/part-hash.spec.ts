import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256Of } from './part-hash.js';

it('hashes several parts at once, each as it is when its turn comes', async () => {
  const parts = ['', 'a', 'hello', 'x'.repeat(100_000)].map((text) =>
    Buffer.from(new TextEncoder().encode(text).buffer),
  );
  const expected = parts.map((part) => createHash('sha256').update(part).digest('hex'));
  expect(await Promise.all(parts.map((part) => sha256Of(part)))).toEqual(expected);
});
