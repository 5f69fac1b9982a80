import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failpoint } from '@app/failpoints';
import { waitFor } from '@app/testing';

type Action = 'kill' | 'throw' | 'hold';

/** Arms failpoints of running processes and counts their hits. */
export class Failpoints {
  constructor(readonly folder: string) {}

  get env(): Record<string, string> {
    return { FAILPOINTS_DIRECTORY: this.folder };
  }

  arm(name: Failpoint, action: Action): void {
    writeFileSync(join(this.folder, name), action);
  }

  disarm(name: Failpoint): void {
    rmSync(join(this.folder, name), { force: true });
  }

  hits(name: Failpoint): number {
    const file = join(this.folder, 'hits');
    if (!existsSync(file)) return 0;
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.split(' ')[0] === name).length;
  }

  /** Arms a failpoint and waits until a process has hit it. */
  async strike(name: Failpoint, action: Action = 'kill'): Promise<void> {
    const before = this.hits(name);
    this.arm(name, action);
    await waitFor(() => this.hits(name) > before, { what: `a process to reach ${name}` });
  }

  /** Lets a process go on that is held at a failpoint. */
  release(name: Failpoint): void {
    const taken = readdirSync(this.folder).filter((file) => file.startsWith(`${name}.taken-`));
    for (const file of taken) rmSync(join(this.folder, file));
  }
}
