import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';

/** Matches variables with and without a default: `PORT=3000`, `# DATABASE_URL=…`. */
const VARIABLE = /^(?:# )?([A-Z][A-Z\d_]*)=/gm;

/**
 * Removes the settings of the developer, so that tests do not use them or reach services of the developer.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv} the environment without the variables that the service reads
 */
export function withoutSettings(environment) {
  const example = readFileSync(join(PROJECT_FOLDER, '.env.example'), 'utf8');
  const settings = new Set([...example.matchAll(VARIABLE)].map(([, name]) => name));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !settings.has(name)));
}
