import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enableFailpoints, type Failpoint } from '@app/failpoints';

/** Failpoints of this process. */
export class ArmedFailpoints {
  private constructor(private readonly folder: string) {}

  static async enable(): Promise<ArmedFailpoints> {
    const folder = await mkdtemp(join(tmpdir(), 'failpoints-'));
    enableFailpoints(folder, false);
    return new ArmedFailpoints(folder);
  }

  /** Makes the next pass of the step fail as with a lost connection. */
  async throwAt(name: Failpoint): Promise<void> {
    await writeFile(join(this.folder, name), 'throw');
  }

  isArmed(name: Failpoint): boolean {
    return existsSync(join(this.folder, name));
  }

  async disable(): Promise<void> {
    enableFailpoints(undefined, false);
    await rm(this.folder, { recursive: true, force: true });
  }
}
