import { CoreEnv } from '@app/config';
import { loggerOptions } from '@app/observability';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { warningIn } from './log-watch.mjs';

/** A line as an app in production writes it. */
function lineOf(level: 'info' | 'warn' | 'error' | 'fatal', fields: object, message: string): string {
  const core = Object.assign(new CoreEnv(), { ENV: 'production' });
  let line = '';
  pino(loggerOptions(core, 'worker'), { write: (text) => (line += text) })[level](fields, message);
  return line.trimEnd();
}

it.each([
  [lineOf('warn', {}, 'The broker is away'), 'The broker is away'],
  [lineOf('error', { err: new Error('no route') }, 'Publishing failed'), 'Publishing failed: no route'],
  [lineOf('fatal', {}, 'The port is in use'), 'The port is in use'],
  ['[10:00:00.000] WARN: the broker is away', '[10:00:00.000] WARN: the broker is away'],
])('shows %s', (line, shown) => {
  expect(warningIn(line)).toBe(shown);
});

it.each([lineOf('info', {}, 'ERROR is only a word here'), '[10:00:00.000] INFO: started', '', '{"level":"warn'])(
  'does not show %j',
  (line) => {
    expect(warningIn(line)).toBeNull();
  },
);
