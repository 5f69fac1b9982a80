import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CoreEnv } from './core.env.js';
import { EnvInteger, EnvText } from './env-fields.js';
import {
  EnvironmentError,
  processVariables,
  readEnvironment,
  variableNames,
  type CrossChecked,
} from './environment.js';

class BrokerEnv implements CrossChecked {
  @EnvText()
  BROKER_URL = '';

  @EnvInteger(1)
  BROKER_HEARTBEAT_SECONDS = 10;

  problems(): string[] {
    return this.BROKER_URL.startsWith('amqp:') ? [] : ['BROKER_URL must begin with amqp:'];
  }
}

describe('readEnvironment', () => {
  it('names every problem of every fragment at once', () => {
    const variables = { ENV: 'prod', HEALTH_PORT: '70000', BROKER_HEARTBEAT_SECONDS: 'ten' };
    expect(() => readEnvironment([CoreEnv, BrokerEnv], variables)).toThrow(
      new EnvironmentError([
        'ENV must be one of: development, staging, production',
        'HEALTH_PORT must be at most 65535',
        'BROKER_URL must be set',
        'BROKER_HEARTBEAT_SECONDS must be a whole number',
      ]),
    );
  });

  it('prints one problem per line', () => {
    expect(new EnvironmentError(['A must be set', 'B must be set']).message).toBe(
      'The configuration has these problems:\n  - A must be set\n  - B must be set',
    );
  });

  it('cross-checks the variables of a fragment once each of them is valid', () => {
    expect(() => readEnvironment([BrokerEnv], { BROKER_URL: 'http://localhost' })).toThrow(
      new EnvironmentError(['BROKER_URL must begin with amqp:']),
    );
  });

  it('reports a problem that two fragments share only once', () => {
    expect(() => readEnvironment([BrokerEnv, class Other extends BrokerEnv {}], {})).toThrow(
      new EnvironmentError(['BROKER_URL must be set']),
    );
  });

  it('treats an empty variable as not set', () => {
    const core = readEnvironment([CoreEnv], { ENV: '', HEALTH_PORT: '', LOG_LEVEL: '' }).get(CoreEnv);
    expect(core).toMatchObject({ ENV: 'development', HEALTH_PORT: 0, LOG_LEVEL: undefined });
  });

  it('reads only the variables of its fragments', () => {
    const core = readEnvironment([CoreEnv], { APP_NAME: 'x', PATH: '/bin', isProduction: 'true' }).get(CoreEnv);
    expect(Object.keys(core)).toEqual(variableNames(CoreEnv));
    expect(core.isProduction).toBe(false);
  });

  it('throws if a fragment was not read', () => {
    expect(() => readEnvironment([CoreEnv], {}).get(BrokerEnv)).toThrow(/BrokerEnv is not part/);
  });
});

describe('CoreEnv', () => {
  it.each([
    [{}, 'info'],
    [{ DEBUG: 'true' }, 'debug'],
    [{ DEBUG: 'true', LOG_LEVEL: 'warn' }, 'warn'],
  ])('with %j logs at %s', (variables, level) => {
    expect(readEnvironment([CoreEnv], variables).get(CoreEnv).logLevel).toBe(level);
  });
});

describe('processVariables', () => {
  let home: string;
  let directory: string;

  beforeEach(async () => {
    home = process.cwd();
    directory = await mkdtemp(join(tmpdir(), 'environment-'));
    process.chdir(directory);
  });

  afterEach(async () => {
    process.chdir(home);
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });

  it('prefers the environment to the .env of the working folder', async () => {
    await writeFile('.env', 'SPEC_BOTH=file\nSPEC_FILE=file\n# SPEC_COMMENT=file\nSPEC_QUOTED="a b"\n');
    vi.stubEnv('SPEC_BOTH', 'environment');
    const variables = processVariables();
    expect(variables).toMatchObject({ SPEC_BOTH: 'environment', SPEC_FILE: 'file', SPEC_QUOTED: 'a b' });
    expect(variables).not.toHaveProperty('SPEC_COMMENT');
  });

  it('works without a .env', () => {
    vi.stubEnv('SPEC_ALONE', 'environment');
    expect(processVariables()).toMatchObject({ SPEC_ALONE: 'environment' });
  });

  it('reports a .env that cannot be read', async () => {
    await mkdir('.env');
    expect(() => processVariables()).toThrow(/\.env cannot be read/);
  });
});
