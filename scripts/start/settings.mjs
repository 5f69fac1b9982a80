import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** @typedef {Record<string, string | undefined>} Variables */

/**
 * Reads the environment and then `.env`, like the apps. An empty value counts as not set.
 * @param {string} folder
 * @param {Variables} environment
 * @returns {Variables}
 */
export function readSettings(folder, environment) {
  const settings = { ...readDotEnv(join(folder, '.env')), ...environment };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}

/**
 * Returns the services that the user runs.
 * @param {Variables} settings
 */
export function givenServices(settings) {
  return {
    database: settings.DATABASE_URL !== undefined,
    broker: settings.RABBITMQ_URL !== undefined,
    storage: settings.STORAGE_ENDPOINT !== undefined || settings.STORAGE_DIRECTORY !== undefined,
    // In production, email is off rather than kept where nobody looks.
    email: settings.SMTP_URL !== undefined || settings.ENV === 'production',
  };
}

/**
 * @param {string} file
 * @returns {Variables}
 */
function readDotEnv(file) {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}
