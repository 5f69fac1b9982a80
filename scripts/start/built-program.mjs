import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningDatabaseUrl } from './backing-services.mjs';
import { ensureBuilt, OLDER_SERVICE, runningService, runOnce } from './one-off.mjs';
import { say } from '../../tools/project/console-output.mjs';
import { PROJECT_FOLDER, staleHash } from '../../tools/project/project.mjs';
import { readSettings } from './settings.mjs';

const DATA_FOLDER = join(PROJECT_FOLDER, '.data');

/**
 * Returns the database of the environment, or else of `npm start` if it runs in this folder.
 * @returns {string | null}
 */
export function chosenDatabaseUrl() {
  return readSettings(PROJECT_FOLDER, process.env).DATABASE_URL ?? runningDatabaseUrl(DATA_FOLDER);
}

/**
 * Returns the message for a user who named no database.
 * @param {string} command
 */
export function noDatabase(command) {
  return [
    'There is no database: the service does not run in this folder, and DATABASE_URL is not set.',
    '  Either start the service in another shell: npm start',
    `  or name the database of your service:      DATABASE_URL=postgresql://… ${command}`,
  ].join('\n');
}

/**
 * Runs a program of the built apps on this console, after a build if necessary, and exits with its code. If the service
 * runs in this folder, builds only what is missing, because a rebuild would replace its files.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export async function runBuilt(program, args, env) {
  if (runningService() === null || !existsSync(program)) await runOnce(ensureBuilt);
  else if (staleHash('programs') !== null) say(OLDER_SERVICE);
  if (process.exitCode !== undefined) return;
  const { status } = spawnSync(process.execPath, [program, ...args], {
    cwd: PROJECT_FOLDER,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.exitCode = status ?? 1;
}
