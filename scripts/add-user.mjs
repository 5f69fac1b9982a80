import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningDatabaseUrl } from './start/backing-services.mjs';
import { complain } from './start/console-output.mjs';
import { ensureBuilt, runOnce } from './start/one-off.mjs';
import { entryPoint, PROJECT_FOLDER } from './start/project.mjs';
import { readSettings } from './start/settings.mjs';

/** `npm run user:add`: creates an account in the database of the environment, else in that of the running `npm start`. */

const program = entryPoint('api', 'add-user.js');
const given = readSettings(PROJECT_FOLDER, process.env).DATABASE_URL;
const databaseUrl = given ?? runningDatabaseUrl(join(PROJECT_FOLDER, '.data'));

if (databaseUrl === null) {
  complain(
    [
      'There is no database to add a user to: the service does not run here, and DATABASE_URL is not set.',
      '  Either start the service in another shell: npm start',
      '  or name the database of your service:      DATABASE_URL=postgresql://… npm run user:add',
    ].join('\n'),
  );
  process.exit(1);
}
// A running service is not rebuilt under its feet.
if (given !== undefined || !existsSync(program)) await runOnce(ensureBuilt);
if (process.exitCode === undefined) {
  const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
    cwd: PROJECT_FOLDER,
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  process.exitCode = status ?? 1;
}
