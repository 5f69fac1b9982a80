import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessLedger } from '../processes/process-ledger.mjs';
import { startPostgres } from './postgres.mjs';
import { provideServiceDatabase } from './service-database.mjs';

it('starts nothing, not even initdb, during a shutdown, and leaves no password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  try {
    const ledger = new ProcessLedger(join(folder, 'processes.json'));
    await ledger.stopAll();
    await expect(startPostgres({ folder, ledger })).rejects.toThrow('initdb was not started');
    expect(readdirSync(folder).filter((name) => name.endsWith('password'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('the account of the service', () => {
  let folder: string;
  let ledger: ProcessLedger;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    ledger = new ProcessLedger(join(folder, 'processes.json'));
    ({ url } = await startPostgres({ folder: join(folder, 'server'), ledger, database: 'media', isDurable: false }));
  });

  afterAll(async () => {
    await ledger.stopAll();
    rmSync(folder, { recursive: true });
  });

  it('owns its database and is not a superuser', async () => {
    expect(
      await query(url, `SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user`),
    ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
    await expect(query(url, `COPY (SELECT 1) TO PROGRAM 'true'`)).rejects.toThrow(/permission denied/);
    await expect(query(url, `SELECT pg_read_file('PG_VERSION')`)).rejects.toThrow(/permission denied/);
    await query(url, 'CREATE TABLE film (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text)');
  });

  it('becomes the owner of tables that an administrator created', async () => {
    const values = JSON.parse(readFileSync(join(folder, 'server', 'state.json'), 'utf8')) as Record<string, string>;
    const adminUrl = (database: string): string =>
      `postgresql://video_to_mp3:${values['password']}@127.0.0.1:${values['port']}/${database}`;
    await query(adminUrl('postgres'), 'CREATE DATABASE earlier');
    await query(
      adminUrl('earlier'),
      'CREATE TABLE film (id serial PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY)',
    );
    const service = { name: 'earlier', role: 'earlier_service', password: "it's secret" };

    await provideServiceDatabase(adminUrl, service);
    await provideServiceDatabase(adminUrl, service);

    const own = new URL(adminUrl('earlier'));
    own.username = service.role;
    own.password = service.password;
    await query(own.href, 'ALTER TABLE film ADD COLUMN title text');
    await query(own.href, 'INSERT INTO film DEFAULT VALUES');
    await expect(query(own.href, 'CREATE TABLE another ()')).resolves.toEqual([]);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}
