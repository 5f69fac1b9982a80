import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { testServices } from '@app/testing';
import { TEST_RUN_MARK } from '../../tools/processes/marked-processes.mjs';

export type AppName = 'api' | 'worker' | 'notifier' | 'setup';

const ROOT = join(import.meta.dirname, '../..');

export interface AppProcessOptions {
  readonly app: AppName;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The command before `node`, such as a launcher that removes a feature. */
  readonly launcher?: readonly string[];
  /** Options of Node.js, such as those of its profiler. */
  readonly nodeArgs?: readonly string[];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process of the built service. It gets only the given environment, without the settings of the developer. */
export class AppProcess {
  private readonly child: ChildProcess;
  private readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(private readonly options: AppProcessOptions) {
    const { app, env, launcher = [], nodeArgs = [] } = options;
    const [command = '', ...args] = [...launcher, process.execPath, ...nodeArgs, ...entryOf(app)];
    this.child = spawn(command, args, {
      // Not the project folder, where the .env of a developer would be read.
      cwd: dirname(options.logFile),
      env: { PATH: SYSTEM_PATH, ...runMark(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.child);
    const log = createWriteStream(options.logFile, { flags: 'a' });
    this.child.stdout?.pipe(log, { end: false });
    this.child.stderr?.pipe(log, { end: false });
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        running.delete(this.child);
        log.end(() => resolve({ code, signal }));
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.options.app} did not start`);
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Kills the process like a crash, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit;
  }

  /** Shuts the process down; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    return (await this.exit).code;
  }

  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.exit;
  }

  async log(): Promise<string> {
    return readFile(this.options.logFile, 'utf8').catch(() => '');
  }
}

function entryOf(app: AppName): string[] {
  const { appsFolder } = testServices();
  if (appsFolder !== null) return [join(appsFolder, `${app}.mjs`)];
  return ['--enable-source-maps', join(ROOT, 'dist/apps', app, 'apps', app, 'src/main.js')];
}

/** Runs a process to its end; throws with its log if it fails. */
export async function runApp(options: AppProcessOptions): Promise<void> {
  const app = new AppProcess(options);
  const { code } = await app.ended();
  if (code !== 0) throw new Error(`${options.app} ended with exit code ${String(code)}:\n${await app.log()}`);
}

/** A failed hook leaves processes behind; the test run finds them by this mark. */
function runMark(): Record<string, string> {
  // oxlint-disable-next-line node/no-process-env -- set by the test runner
  const mark = process.env[TEST_RUN_MARK];
  return mark === undefined ? {} : { [TEST_RUN_MARK]: mark };
}

// oxlint-disable-next-line node/no-process-env -- programs are found on the PATH of the developer
const SYSTEM_PATH = process.env['PATH'] ?? '';
