import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from './run-script.js';

/** Not copied, also because the `.env` of a developer can name services. */
const NOT_COPIED = ['.git', '.data', '.cache', '.env', 'node_modules'];

/** A copy of the project that is installed and built but never started, in a path with a space. */
export class ProjectCopy {
  private constructor(readonly folder: string) {}

  static async create(name: string): Promise<ProjectCopy> {
    const folder = await mkdtemp(join(tmpdir(), `${name} here `));
    await cp(PROJECT, folder, {
      recursive: true,
      filter: (source) => !NOT_COPIED.some((left) => source === join(PROJECT, left)),
    });
    await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    return new ProjectCopy(folder);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
