import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';

/** Of a variable with a default and of one without: `PORT=3000`, `# DATABASE_URL=…`. */
const VARIABLE = /^(?:# )?([A-Z][A-Z\d_]*)=/gm;

/**
 * The tests give their processes what they need: a developer's own services must not be reached, nor their settings count.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv} without every variable that the service reads
 */
export function withoutSettings(environment) {
  const example = readFileSync(join(PROJECT_FOLDER, '.env.example'), 'utf8');
  const settings = new Set([...example.matchAll(VARIABLE)].map(([, name]) => name));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !settings.has(name)));
}
