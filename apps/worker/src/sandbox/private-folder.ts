import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only this user can enter, for files that launchers need; removed when this process ends. */
export class PrivateFolder {
  private made: string | null = null;
  private readonly removeAtExit = (): void => this.remove();

  /** @param fill writes the files of the folder */
  constructor(private readonly fill: (folder: string) => void = () => undefined) {}

  /** The path of the folder, which is made again if it is gone: systems clean their temporary folder. */
  get path(): string {
    if (this.made === null || !existsSync(this.made)) {
      if (this.made === null) process.once('exit', this.removeAtExit);
      this.made = mkdtempSync(join(tmpdir(), 'video-to-mp3-'));
      this.fill(this.made);
    }
    return this.made;
  }

  remove(): void {
    if (this.made !== null) rmSync(this.made, { recursive: true, force: true });
    this.made = null;
    process.off('exit', this.removeAtExit);
  }
}
