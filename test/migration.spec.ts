import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreEnv, readEnvironment } from '@app/config';
import { StorageEnv } from '@app/storage';
import { describe, expect, it } from 'vitest';
import { API_ENVIRONMENT } from '../apps/api/src/env.js';
import { WORKER_ENVIRONMENT } from '../apps/worker/src/env.js';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../docs/migration.md'), 'utf8');
const [, block = ''] = /^```dotenv\n([\s\S]*?)^```/m.exec(DOCUMENT) ?? [];
const variables = Object.fromEntries([...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));

describe('the variables of the FastAPI service', () => {
  it.each([
    ['api', API_ENVIRONMENT],
    ['worker', WORKER_ENVIRONMENT],
  ])('are accepted by the %s with the sample values that docs/migration.md shows', (_app, fragments) => {
    expect(Object.keys(variables)).toHaveLength(14);
    const environment = readEnvironment(fragments, variables);
    expect(environment.get(CoreEnv)).toMatchObject({ ENV: 'development', DEBUG: true, LOG_LEVEL: 'info' });
    expect(environment.get(StorageEnv)).toMatchObject({ STORAGE_ENDPOINT: 'localhost:9000', STORAGE_SECURE: false });
  });

  it('are rejected in production if they are sample values', () => {
    expect(() => readEnvironment(API_ENVIRONMENT, { ...variables, ENV: 'production' })).toThrow(/SECRET_KEY/);
  });
});
