import { expect, it } from 'vitest';
import { warningIn } from './log-watch.mjs';

it.each([
  ['{"level":40,"msg":"the broker is away"}', 'the broker is away'],
  ['{"level":50,"msg":"failed","err":{"message":"no route"}}', 'failed: no route'],
  ['[10:00:00.000] WARN: the broker is away', '[10:00:00.000] WARN: the broker is away'],
])('shows %s', (line, shown) => {
  expect(warningIn(line)).toBe(shown);
});

it.each(['{"level":30,"msg":"ERROR is only a word here"}', '[10:00:00.000] INFO: started', '', '{"level":50'])(
  'does not show %j',
  (line) => {
    expect(warningIn(line)).toBeNull();
  },
);
