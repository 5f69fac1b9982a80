import { chosenDatabase, noDatabase, runBuilt } from './start/built-program.mjs';
import { complain } from './start/console-output.mjs';
import { entryPoint } from './start/project.mjs';

/** `npm run user:add`: creates an account in the database of the environment, else in that of the running `npm start`. */

const database = chosenDatabase();
if (database === null) {
  complain(noDatabase('npm run user:add'));
  process.exitCode = 1;
} else {
  await runBuilt(entryPoint('api', 'add-user.js'), process.argv.slice(2), {
    env: { DATABASE_URL: database.url },
    mayBuild: database.isGiven,
  });
}
