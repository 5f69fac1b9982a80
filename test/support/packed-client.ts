import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT_FOLDER } from '../../scripts/client/client-bundle.mjs';
import { runScript } from './run-script.js';

/** The client as others have it: packed, and installed from the package into an empty folder, without a network. */
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

  /** The names of all packages that were installed. */
  async packages(): Promise<string[]> {
    return (await readdir(join(this.folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
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
