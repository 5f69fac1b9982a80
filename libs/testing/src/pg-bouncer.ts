import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../../tools/services/free-port.mjs';
import { unprivilegedIdentity } from '../../../tools/services/unprivileged.mjs';
import { testServices } from './test-services.js';
import { waitFor } from './wait-for.js';

export interface PgBouncerOptions {
  /** The number of sessions that all clients share. */
  readonly poolSize?: number;
  /** Startup parameters that it accepts and ignores, instead of rejecting the client. */
  readonly ignored?: readonly string[];
}

/** A connection pooler in transaction mode: each transaction of a client can run in another session of the server. */
export class PgBouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async start(databaseUrl: string, { poolSize = 4, ignored = [] }: PgBouncerOptions = {}): Promise<PgBouncer> {
    const { pgbouncerPath } = testServices();
    if (pgbouncerPath === null) throw new Error('This test needs the pgbouncer program');
    const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
    const port = await freePort(undefined);
    const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
    const settings = [
      '[databases]',
      `* = host=${hostname} port=${serverPort} user=${username} password=${password}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
      `ignore_startup_parameters = ${['extra_float_digits', ...ignored].join(', ')}`,
    ];
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(file, settings.join('\n'), { mode: 0o600 });
    const [command = '', ...args] = [...unprivilegedIdentity().prefix, pgbouncerPath, '--quiet', file];
    const child = spawn(command, args, { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    const pgBouncer = new PgBouncer(child, folder, port);
    await waitFor(() => isAnswering(pgBouncer.via(databaseUrl)), { what: 'PgBouncer' });
    return pgBouncer;
  }

  /** The URL of the same database through the pooler. */
  via(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true });
  }
}

async function isAnswering(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
