import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only this user can enter, for files that launchers need; removed when this process ends. */
export class PrivateFolder {
  private made: string | null = null;

  /** @param fill writes what belongs into the folder */
  constructor(private readonly fill: (folder: string) => void = () => undefined) {
    process.once('exit', () => this.remove());
  }

  /** The path of a folder that exists: systems remove from their temporary folder what is some days old. */
  get path(): string {
    if (this.made === null || !existsSync(this.made)) {
      this.made = mkdtempSync(join(tmpdir(), 'video-to-mp3-'));
      this.fill(this.made);
    }
    return this.made;
  }

  remove(): void {
    if (this.made !== null) rmSync(this.made, { recursive: true, force: true });
    this.made = null;
  }
}
