import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { migrationSource, parseMigrationName, withMigration } from './migration/migration-source.mjs';
import { startPostgres } from '../tools/services/postgres.mjs';
import { say, step } from '../tools/project/console-output.mjs';
import { ensureBuilt, runOnce } from './start/one-off.mjs';
import { program, PROJECT_FOLDER } from '../tools/project/project.mjs';

/**
 * `npm run migration:generate -- Name`: writes a migration from the schema of the existing migrations to that of the
 * entities. It compares them in a new, empty database and changes no other.
 */

const MIGRATIONS_FOLDER = join(PROJECT_FOLDER, 'libs', 'database', 'src', 'migrations');
const INDEX_FILE = join(MIGRATIONS_FOLDER, 'index.ts');

await runOnce(async (run) => {
  const name = parseMigrationName(process.argv.slice(2));
  await ensureBuilt(run);
  const { url } = await step('PostgreSQL, empty', () =>
    startPostgres({ folder: join(run.folder, 'postgres'), ledger: run.ledger, isDurable: false }),
  );
  const drift = readDrift(url);
  if (drift.up.length === 0) {
    say('No changes: the migrations match the entities.');
    return;
  }
  await write(migrationSource(name, nextTimestamp(), drift));
});

/**
 * @param {string} databaseUrl
 * @returns {import('./migration/migration-source.mjs').SchemaDrift}
 */
function readDrift(databaseUrl) {
  const { status, stdout } = spawnSync(process.execPath, [program('setup'), 'migration:diff'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('The existing migrations fail on an empty database. Nothing was written.');
  return JSON.parse(stdout);
}

/** Migrations run in the order of the list, and TypeORM requires ascending numbers. */
function nextTimestamp() {
  const numbers = readdirSync(MIGRATIONS_FOLDER).map((file) => Number.parseInt(file, 10));
  return Math.max(Date.now(), ...numbers.filter((number) => number > 0).map((number) => number + 1));
}

/** @param {{ className: string, fileName: string, code: string }} migration */
async function write(migration) {
  const file = join(MIGRATIONS_FOLDER, migration.fileName);
  const index = withMigration(readFileSync(INDEX_FILE, 'utf8'), migration);
  writeFileSync(file, await formatted(file, migration.code));
  writeFileSync(INDEX_FILE, await formatted(INDEX_FILE, index));
  say(`Wrote ${relative(PROJECT_FOLDER, file)}, and listed it in ${relative(PROJECT_FOLDER, INDEX_FILE)}.`);
  say('Review it: statements that rename, fill or lock are often better written by hand.');
}

/**
 * @param {string} file
 * @param {string} code
 */
async function formatted(file, code) {
  // Imported here, because it can have been installed just now.
  const prettier = await import('prettier');
  return prettier.format(code, { ...(await prettier.resolveConfig(file)), filepath: file });
}
