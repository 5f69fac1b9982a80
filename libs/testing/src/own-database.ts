import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessLedger } from '../../../tools/processes/process-ledger.mjs';
import { startPostgres } from '../../../tools/services/postgres.mjs';

type RunningDatabase = Awaited<ReturnType<typeof startPostgres>>;

/** A PostgreSQL server for one test file, which can be killed and frozen. */
export class OwnDatabase {
  private constructor(
    private readonly folder: string,
    private readonly ledger: ProcessLedger,
    private running: RunningDatabase,
  ) {}

  static async start(): Promise<OwnDatabase> {
    const folder = await mkdtemp(join(tmpdir(), 'own-database-'));
    const ledger = new ProcessLedger(join(folder, 'processes.json'));
    process.once('exit', () => ledger.killAll());
    return new OwnDatabase(folder, ledger, await startPostgres({ folder, ledger, database: 'media' }));
  }

  get url(): string {
    return this.running.url;
  }

  /** Kills the server like `kill -9`; its sessions end with it. */
  async kill(): Promise<void> {
    this.running.main.kill();
    await this.running.stop();
  }

  /** Starts it again on the same port with the same data. */
  async restart(): Promise<void> {
    const { folder, ledger } = this;
    this.running = await startPostgres({ folder, ledger, database: 'media', keepsPorts: true });
  }

  /** Freezes the server and every session: connections stay open and nothing answers. */
  freeze(): void {
    // The server first, so that it cannot start a session that is not frozen.
    for (const pid of this.pids()) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.pids().toReversed()) resume(pid);
  }

  async remove(): Promise<void> {
    if (!this.running.main.hasExited) this.thaw();
    await this.running.stop();
    await rm(this.folder, { recursive: true });
  }

  private pids(): number[] {
    const server = this.running.main.pid;
    return [
      server,
      ...readdirSync('/proc')
        .map(Number)
        .filter((pid) => pid > 0 && parentOf(pid) === server),
    ];
  }
}

function parentOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** A session or an autovacuum worker can end between the listing and the signal. */
function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
