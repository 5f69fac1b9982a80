import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProcessLedger } from '../../../tools/processes/process-ledger.mjs';
import { findRabbitmq, startRabbitmq } from '../../../tools/services/rabbitmq.mjs';

type RunningBroker = Awaited<ReturnType<typeof startRabbitmq>>;

/** A broker for one test file, which can be killed, frozen and starved of resources. */
export class OwnBroker {
  private constructor(
    private readonly folder: string,
    private readonly ledger: ProcessLedger,
    private readonly program: string,
    private running: RunningBroker,
  ) {}

  static async start(): Promise<OwnBroker> {
    const program = findRabbitmq();
    if (program === null) throw new Error('This test needs the rabbitmq-server program');
    const folder = await mkdtemp(join(tmpdir(), 'own-broker-'));
    const ledger = new ProcessLedger(join(folder, 'processes.json'));
    process.once('exit', () => ledger.killAll());
    return new OwnBroker(folder, ledger, program, await startRabbitmq({ folder, ledger, program }));
  }

  get url(): string {
    return this.running.url;
  }

  /** Kills the broker like `kill -9` or a power failure: nothing more is written. */
  async kill(): Promise<void> {
    this.running.main.kill();
    await this.running.stop();
  }

  /** Starts it again on the same port with the same data. */
  async restart(): Promise<void> {
    const { folder, ledger, program } = this;
    this.running = await startRabbitmq({ folder, ledger, program, keepsPorts: true });
  }

  freeze(): void {
    process.kill(this.running.main.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.running.main.pid, 'SIGCONT');
  }

  /** Raises or clears the alarm with which a broker stops publishers. */
  async setDiskAlarm(isRaised: boolean): Promise<void> {
    await this.control('set_disk_free_limit', isRaised ? '1000000GB' : '1MB');
  }

  async remove(): Promise<void> {
    if (!this.running.main.hasExited) this.thaw();
    await this.running.stop();
    // The helpers of Erlang can write a last file after the node has ended.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private async control(...args: string[]): Promise<void> {
    const state = JSON.parse(await readFile(join(this.folder, 'state.json'), 'utf8')) as Record<
      string,
      string | number
    >;
    await promisify(execFile)(this.program.replace(/rabbitmq-server$/, 'rabbitmqctl'), args, {
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: join(this.folder, 'home'),
        LANG: 'C.UTF-8',
        ERL_EPMD_PORT: String(state['epmdPort']),
        RABBITMQ_NODENAME: `n${state['node']}@localhost`,
        RABBITMQ_CONF_ENV_FILE: join(this.folder, 'rabbitmq-env.conf'),
      },
    });
  }
}
