import { chosenDatabaseUrl, noDatabase, runBuilt } from './start/built-program.mjs';
import { complain } from '../tools/project/console-output.mjs';
import { program } from '../tools/project/project.mjs';

/**
 * `npm run admin`: decisions of an operator, for the database of the environment, or else of the running `npm start`.
 */

const databaseUrl = chosenDatabaseUrl();
if (databaseUrl === null) {
  complain(noDatabase('npm run admin -- storage adopt'));
  process.exitCode = 1;
} else {
  await runBuilt(program('admin'), process.argv.slice(2), { DATABASE_URL: databaseUrl });
}
