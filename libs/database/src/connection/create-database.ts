import { createDataSource, DEFAULT_TIMEOUTS, type DatabaseTimeouts } from './data-source.js';
import type { DatabaseEnv } from './database.env.js';
import { Database } from './database.js';
import { serverLimits } from './server-limits.js';

export function createDatabase(
  env: DatabaseEnv,
  { timeouts = DEFAULT_TIMEOUTS, poolSize }: { timeouts?: DatabaseTimeouts; poolSize?: number } = {},
): Database {
  const limits = env.isBehindTransactionPooler ? serverLimits(timeouts.queryMs) : null;
  return new Database(createDataSource(env, timeouts, poolSize), limits);
}
