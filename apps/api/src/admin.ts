import 'reflect-metadata';
import { readEnvironment, startProcess } from '@app/config';
import { createDatabase, DatabaseEnv, DatabaseHealth, ObjectSweepRepository } from '@app/database';
import { COMMAND_ENVIRONMENT } from './env.js';

const USAGE = `npm run admin -- storage adopt
  Declares that the object storage belongs to this database, after a move or a restore.
npm run admin -- storage confirm-sweep
  Lets the service remove stored objects without a job, although they are an implausible share of all objects.`;

const COMMANDS: Record<string, (sweep: ObjectSweepRepository) => Promise<string>> = {
  'storage adopt': async (sweep) => {
    await sweep.setAdopting(true);
    return 'The service will adopt the object storage within a minute.';
  },
  'storage confirm-sweep': async (sweep) => {
    await sweep.confirm();
    return 'The service will remove the objects without a job in the course of a day.';
  },
};

/** Decisions of an operator that the running service carries out. */
await startProcess(async () => {
  const command = COMMANDS[process.argv.slice(2).join(' ')];
  if (command === undefined) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 1;
    return;
  }
  const database = createDatabase(readEnvironment(COMMAND_ENVIRONMENT).get(DatabaseEnv));
  try {
    await new DatabaseHealth(database).check();
    process.stdout.write(`${await command(new ObjectSweepRepository(database))}\n`);
  } catch (error) {
    process.stderr.write(`Nothing was changed: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await database.onApplicationShutdown();
  }
});
