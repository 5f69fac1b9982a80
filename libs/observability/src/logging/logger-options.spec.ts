import { CoreEnv } from '@app/config';
import { describe, expect, it } from 'vitest';
import { loggerParams } from './logger-options.js';

const anEnv = (values: Partial<CoreEnv>): CoreEnv => Object.assign(new CoreEnv(), values);

describe('loggerParams', () => {
  it('writes JSON in production', async () => {
    const { pinoHttp } = await loggerParams(anEnv({ ENV: 'production' }), 'worker');
    expect(pinoHttp).toMatchObject({ level: 'info', base: { process: 'worker', pid: process.pid } });
  });

  it.each(['development', 'staging'] as const)(
    'writes for people in %s where pino-pretty is installed',
    async (ENV) => {
      const { pinoHttp } = await loggerParams(anEnv({ ENV, DEBUG: true }), 'api');
      expect(pinoHttp).toEqual([
        expect.objectContaining({ level: 'debug' }),
        expect.objectContaining({ write: expect.any(Function) as unknown }),
      ]);
    },
  );
});
