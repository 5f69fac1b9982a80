import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CLIENT_PROGRAM, ensureClientBundle } from './client/client-bundle.mjs';
import { complain } from '../tools/project/console-output.mjs';
import { installMissing, OLDER_SERVICE, runningService } from './start/one-off.mjs';
import { hasDependencies, PROJECT_FOLDER } from '../tools/project/project.mjs';
import { readSettings } from './start/settings.mjs';

/** `npm run convert`: the command-line client, which finds the service that `npm start` runs in this folder. */

const running = runningService();
await makeReady();
if (process.exitCode === undefined) {
  const settings = readSettings(PROJECT_FOLDER, process.env);
  process.env.VIDEO_TO_MP3_PROGRAM = 'npm run convert --';
  if (running !== null) process.env.VIDEO_TO_MP3_URL ||= running.url;
  if (settings.PORT !== undefined) process.env.PORT = settings.PORT;
  // npm has changed to the folder of its package.json: names of files are meant from where it was called.
  process.chdir(process.env.INIT_CWD ?? '.');
  // In this process, so that signals and the terminal are its own.
  await import(pathToFileURL(CLIENT_PROGRAM).href);
}

/** Builds the client. Beside a service that is older than the code, the older client does. */
async function makeReady() {
  if (running !== null && !hasDependencies() && existsSync(CLIENT_PROGRAM)) {
    complain(OLDER_SERVICE);
    return;
  }
  await installMissing();
  if (process.exitCode === undefined) await ensureClientBundle();
}
