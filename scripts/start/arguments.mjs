import { parseArgs } from 'node:util';

const MAX_WORKERS = 64;

export const USAGE = `npm start -- [--workers N]

  --workers N   how many worker processes to start (default 1)

PORT sets the port of the API (default 3000). A service whose address is given (DATABASE_URL, RABBITMQ_URL,
STORAGE_ENDPOINT or STORAGE_DIRECTORY; in the environment or in .env) is used and not started.`;

/**
 * @param {string[]} args
 * @returns {{ workers: number, isHelp: boolean }}
 */
export function parseArguments(args) {
  const { values } = parseArgs({
    args,
    options: { workers: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  const workers = Number(values.workers);
  if (!/^\d+$/.test(values.workers) || workers < 1 || workers > MAX_WORKERS) {
    throw new Error(`--workers must be a whole number from 1 to ${MAX_WORKERS}`);
  }
  return { workers, isHelp: values.help };
}

/**
 * @param {string | undefined} text
 * @returns {number}
 */
export function parsePort(text) {
  if (text === undefined) return 3000;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new Error('PORT must be a whole number from 1 to 65535');
  return port;
}
