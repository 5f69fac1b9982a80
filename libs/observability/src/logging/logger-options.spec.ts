import { CoreEnv } from '@app/config';
import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { LOG_RATE } from './log-budget.js';
import { loggerOptions, loggerParams } from './logger-options.js';

const anEnv = (values: Partial<CoreEnv>): CoreEnv => Object.assign(new CoreEnv(), values);

describe('loggerParams', () => {
  it('writes JSON in production', async () => {
    const { pinoHttp } = await loggerParams(anEnv({ ENV: 'production' }), 'worker');
    expect(pinoHttp).toEqual([
      expect.objectContaining({
        level: 'info',
        base: { service: 'video-to-mp3', process: 'worker', pid: process.pid },
      }),
      // Not in the way of a request.
      expect.objectContaining({ fd: process.stdout.fd, sync: false }),
    ]);
  });

  it.each(['development', 'staging'] as const)(
    'writes readable lines in %s if pino-pretty is installed',
    async (ENV) => {
      const { pinoHttp } = await loggerParams(anEnv({ ENV, DEBUG: true }), 'api');
      expect(pinoHttp).toEqual([
        expect.objectContaining({ level: 'debug' }),
        expect.objectContaining({ write: expect.any(Function) as unknown }),
      ]);
    },
  );
});

describe('loggerOptions', () => {
  function aLogger(): { readonly logger: pino.Logger; readonly lines: string[] } {
    const lines: string[] = [];
    const options = loggerOptions(anEnv({ ENV: 'production' }), 'api');
    return { logger: pino(options, { write: (line) => lines.push(line) }), lines };
  }
  const bytesOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

  it.each(['info', 'error'] as const)('limits a flood of %s lines', (level) => {
    const { logger, lines } = aLogger();
    const startedAt = performance.now();
    for (let i = 0; i < 20_000; i += 1) logger[level]({ err: new Error('again') }, 'x'.repeat(500));
    const seconds = (performance.now() - startedAt) / 1000;
    const last = bytesOf(lines.slice(-1));
    expect(bytesOf(lines)).toBeLessThanOrEqual(LOG_RATE.burstBytes + seconds * LOG_RATE.bytesPerSecond + last);
    logger.fatal('still written');
    expect(lines.at(-1)).toContain('still written');
  });

  it('cuts messages', () => {
    const { logger, lines } = aLogger();
    logger.warn('x'.repeat(100_000));
    expect(bytesOf(lines)).toBeLessThan(3000);
    expect(lines[0]).toContain('(100000 characters)');
  });
});
