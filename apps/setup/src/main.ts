import 'reflect-metadata';
import { ConfigModule, readEnvironment, startProcess, type Environment } from '@app/config';
import {
  DatabaseEnv,
  DatabaseModule,
  ObjectSweepRepository,
  revertMigration,
  runMigrations,
  schemaDrift,
} from '@app/database';
import { MessagingEnv, declareTopology } from '@app/messaging';
import { ObjectStorage, StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MIGRATION_ENVIRONMENT, SETUP_ENVIRONMENT } from './env.js';
import { identifyStorage, OTHER_STORE } from './storage-identity.js';
import { retryUnavailable } from './retry-unavailable.js';

@Module({})
class SetupModule {}

const COMMANDS: Record<string, () => Promise<void>> = {
  all: setUp,
  'migration:run': () => migrate(readEnvironment(MIGRATION_ENVIRONMENT)),
  'migration:revert': revert,
  'migration:diff': showDrift,
};

await startProcess(async () => {
  const name = process.argv[2] ?? 'all';
  const command = COMMANDS[name];
  if (command === undefined) throw new Error(`Unknown command ${name}. Commands: ${Object.keys(COMMANDS).join(', ')}`);
  await command();
});

/** Prepares everything that the other processes only check. It can be run again, also while the service runs. */
async function setUp(): Promise<void> {
  const environment = readEnvironment(SETUP_ENVIRONMENT);
  await migrate(environment);
  const { RABBITMQ_URL } = environment.get(MessagingEnv);
  await retryUnavailable(() => declareTopology(RABBITMQ_URL));
  say('The exchange and the queues exist.');
  const isOwnStore = await prepareStorage(environment);
  say(isOwnStore ? 'The storage is ready.' : OTHER_STORE);
}

async function migrate(environment: Environment): Promise<void> {
  const applied = await retryUnavailable(() => runMigrations(environment.get(DatabaseEnv)));
  say(applied.length === 0 ? 'The database schema is up to date.' : `Applied ${applied.join(', ')}.`);
}

async function revert(): Promise<void> {
  const env = readEnvironment(MIGRATION_ENVIRONMENT).get(DatabaseEnv);
  // Not retried: if the answer were lost, a second try would revert another migration.
  await retryUnavailable(() => revertMigration(env), { retryForMs: 0 });
  say('The newest migration was reverted.');
}

/** For `npm run migration:generate`: brings a database to the newest migration and prints, as JSON, what is still missing. */
async function showDrift(): Promise<void> {
  const env = readEnvironment(MIGRATION_ENVIRONMENT).get(DatabaseEnv);
  await runMigrations(env);
  say(JSON.stringify(await schemaDrift(env)));
}

/** Returns whether the store belongs to the database. */
async function prepareStorage(environment: Environment): Promise<boolean> {
  const app = await NestFactory.createApplicationContext(
    { module: SetupModule, imports: [ConfigModule.forRoot(environment), StorageModule, DatabaseModule] },
    { logger: false },
  );
  try {
    const storage = app.get(ObjectStorage);
    await retryUnavailable(() => storage.prepare());
    return await retryUnavailable(() => identifyStorage(storage, app.get(ObjectSweepRepository)));
  } finally {
    await app.close();
  }
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
