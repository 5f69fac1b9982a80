import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@app/testing';
import { CLIENT_PROGRAM } from '../../scripts/client/client-bundle.mjs';

export interface ClientEnd {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

interface ClientSurroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** One run of the command-line client. */
export class ClientProcess {
  output = '';
  errors = '';
  readonly ended: Promise<ClientEnd>;
  private readonly child: ChildProcess;

  constructor(program: string, args: readonly string[], { cwd, env, input }: ClientSurroundings) {
    this.child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    // A command that fails at once does not read its input.
    this.child.stdin?.on('error', () => undefined).end(input);
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (exitCode) => resolve({ exitCode, output: this.output, errors: this.errors }));
    });
  }

  async says(text: string): Promise<void> {
    await waitFor(() => this.output.includes(text), { what: `"${text}"` });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

/** The machine of a user: a folder with videos and stored accounts. */
export class ClientMachine {
  private constructor(
    private readonly root: string,
    private readonly url: string,
  ) {}

  static async create(url: string): Promise<ClientMachine> {
    return new ClientMachine(await mkdtemp(join(tmpdir(), 'cli-')), url);
  }

  get folder(): string {
    return this.root;
  }

  get configFolder(): string {
    return join(this.root, '.config', 'video-to-mp3');
  }

  get env(): Record<string, string> {
    return { XDG_CONFIG_HOME: join(this.root, '.config'), VIDEO_TO_MP3_URL: this.url, LANG: 'C.UTF-8' };
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  start(args: readonly string[], program = CLIENT_PROGRAM, input = ''): ClientProcess {
    return new ClientProcess(program, args, { cwd: this.root, env: this.env, input });
  }

  run(...args: string[]): Promise<ClientEnd> {
    return this.start(args).ended;
  }

  /** Runs with `--json`; returns the results, each with the exit code. */
  async results(...args: string[]): Promise<Record<string, unknown>[]> {
    const { output, exitCode } = await this.run('--json', ...args);
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => ({ ...(JSON.parse(line) as object), exitCode }));
  }

  /** Returns the files of a folder, including unfinished ones. */
  async files(folder = '.'): Promise<string[]> {
    return (await readdir(join(this.root, folder))).filter((name) => name !== '.config').toSorted();
  }

  /** Returns the size of an unfinished download. */
  async partBytes(): Promise<number> {
    const part = (await this.files()).find((name) => name.endsWith('.mp3-part'));
    return part === undefined ? 0 : (await stat(this.path(part))).size;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
