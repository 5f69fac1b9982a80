import { chosenDatabaseUrl, noDatabase, runBuilt } from './start/built-program.mjs';
import { complain } from '../tools/project/console-output.mjs';
import { program } from '../tools/project/project.mjs';

/** `npm run user:add`: creates an account in the database of the environment, or else of the running `npm start`. */

const databaseUrl = chosenDatabaseUrl();
if (databaseUrl === null) {
  complain(noDatabase('npm run user:add'));
  process.exitCode = 1;
} else {
  await runBuilt(program('add-user'), process.argv.slice(2), { DATABASE_URL: databaseUrl });
}
