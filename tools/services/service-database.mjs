import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ name: string, role: string, password: string }} ServiceDatabase */

const ACCOUNT_SQL = join(import.meta.dirname, '..', '..', 'deploy', 'postgres', 'service-account.sql');

/**
 * Creates the database and the account of the service if they are missing. The account is not a superuser.
 * @param {(database: string) => string} adminUrl of a superuser, for a database
 * @param {ServiceDatabase} service
 */
export async function provideServiceDatabase(adminUrl, { name, role, password }) {
  await withClient(adminUrl('postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
  await withClient(adminUrl(name), async (client) => {
    await client.query(`SELECT set_config('service.role', $1, false), set_config('service.password', $2, false)`, [
      role,
      password,
    ]);
    await client.query(readFileSync(ACCOUNT_SQL, 'utf8'));
  });
}

/**
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<void>} work
 */
async function withClient(url, work) {
  // Imported here, because the package can have been installed just now.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
