import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CLIENT_PROGRAM, ensureClientBundle } from './client/client-bundle.mjs';
import { complain } from '../tools/project/console-output.mjs';
import { installMissing, OLDER_SERVICE, runningService } from './start/one-off.mjs';
import { hasDependencies, PROJECT_FOLDER } from '../tools/project/project.mjs';
import { readSettings } from './start/settings.mjs';

/** `npm run convert`: the command-line client. Finds the service that `npm start` runs in this folder. */

const running = runningService();
await makeReady();
if (process.exitCode === undefined) {
  const settings = readSettings(PROJECT_FOLDER, process.env);
  process.env.VIDEO_TO_MP3_PROGRAM = 'npm run convert --';
  if (running !== null) process.env.VIDEO_TO_MP3_URL ||= running.url;
  if (settings.PORT !== undefined) process.env.PORT = settings.PORT;
  // npm has changed to the folder of package.json, but file names are relative to the folder of the caller.
  process.chdir(process.env.INIT_CWD ?? '.');
  // Runs in this process, so that it gets the signals and the terminal.
  await import(pathToFileURL(CLIENT_PROGRAM).href);
}

/** Builds the client. If the running service is older than the code, uses the older client. */
async function makeReady() {
  if (running !== null && !hasDependencies() && existsSync(CLIENT_PROGRAM)) {
    complain(OLDER_SERVICE);
    return;
  }
  await installMissing();
  if (process.exitCode === undefined) await ensureClientBundle();
}
