import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT_FOLDER } from '../../scripts/client/client-bundle.mjs';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';
import { runScript } from './run-script.js';

/** Installs the client like a user, from its package into an empty folder, without network access. */
export class PackedClient {
  private constructor(private readonly folder: string) {}

  static async install(): Promise<PackedClient> {
    const client = new PackedClient(await mkdtemp(join(tmpdir(), 'packed client ')));
    const { folder } = client;
    await writeFile(join(folder, 'package.json'), '{}');
    const packed = await npm(CLIENT_FOLDER, 'pack', '--silent', '--pack-destination', folder);
    const tarball = packed.trim().split('\n').at(-1) ?? '';
    await npm(folder, 'install', '--offline', '--no-audit', '--no-fund', join(folder, tarball));
    return client;
  }

  get program(): string {
    return join(this.folder, 'node_modules/.bin/video-to-mp3');
  }

  /** Returns the names of all installed packages. */
  async packages(): Promise<string[]> {
    return (await readdir(join(this.folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
  }

  /** Runs a module that can import the package; returns its output. */
  async runModule(code: string): Promise<string> {
    await writeFile(join(this.folder, 'program.mjs'), code);
    const { output } = await runScript([process.execPath, 'program.mjs'], { cwd: this.folder });
    return output;
  }

  /** Returns the messages of the TypeScript compiler about a module that imports the package. */
  async typeProblems(code: string): Promise<string> {
    await writeFile(join(this.folder, 'program.mts'), code);
    const tsc = join(PROJECT_FOLDER, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--ignoreConfig', '--module', 'nodenext', '--lib', 'es2023,dom'];
    const { output } = await runScript([process.execPath, tsc, ...options, 'program.mts'], { cwd: this.folder });
    return output;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { exitCode, output } = await runScript(['npm', ...args], { cwd });
  if (exitCode !== 0) throw new Error(`npm ${args[0]}: ${output}`);
  return output;
}
