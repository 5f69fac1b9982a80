import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningDatabaseUrl } from './backing-services.mjs';
import { ensureBuilt, runOnce } from './one-off.mjs';
import { say } from './console-output.mjs';
import { PROJECT_FOLDER, staleBuildHash } from './project.mjs';
import { readSettings } from './settings.mjs';

/**
 * The database that a command is about: the environment's, else that of `npm start` where it runs in this folder.
 * @returns {{ url: string, isGiven: boolean } | null}
 */
export function chosenDatabase() {
  const given = readSettings(PROJECT_FOLDER, process.env).DATABASE_URL;
  const url = given ?? runningDatabaseUrl(join(PROJECT_FOLDER, '.data'));
  return url === null ? null : { url, isGiven: given !== undefined };
}

/**
 * What to tell somebody who named no database.
 * @param {string} command
 */
export function noDatabase(command) {
  return [
    'There is no database to work on: the service does not run here, and DATABASE_URL is not set.',
    '  Either start the service in another shell: npm start',
    `  or name the database of your service:      DATABASE_URL=postgresql://… ${command}`,
  ].join('\n');
}

/**
 * Runs a program of the built apps on this console, built first where that is needed, and ends as it does.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, mayBuild: boolean }} options without leave, it builds only what is not there at all:
 *   a running service must not be rebuilt under its feet
 */
export async function runBuilt(program, args, { env, mayBuild }) {
  if (mayBuild || !existsSync(program)) await runOnce(ensureBuilt);
  else if (staleBuildHash() !== null)
    say('The running service is older than the code, and so is this command: start the service again.');
  if (process.exitCode !== undefined) return;
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...args], {
    cwd: PROJECT_FOLDER,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.exitCode = status ?? 1;
}
