import { chosenDatabaseUrl, noDatabase, runBuilt } from './start/built-program.mjs';
import { complain } from '../tools/project/console-output.mjs';
import { program } from '../tools/project/project.mjs';

/**
 * `npm run setup`, `npm run migration:run` and `npm run migration:revert`: prepare the services of the environment.
 * Migrations also work on the database of the running `npm start`, which runs setup itself.
 */

const [command, ...others] = process.argv.slice(2);
const databaseUrl = chosenDatabaseUrl();
if (command !== undefined && databaseUrl === null) {
  complain(noDatabase(`npm run ${command}`));
  process.exitCode = 1;
} else {
  const isMigration = command !== undefined && databaseUrl !== null;
  await runBuilt(
    program('setup'),
    isMigration ? [command, ...others] : [],
    isMigration ? { DATABASE_URL: databaseUrl } : {},
  );
}
