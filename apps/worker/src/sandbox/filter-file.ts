import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A system call filter as a file, which is how setpriv takes it; in a private folder, removed when this process ends. */
export class FilterFile {
  private written: string | null = null;

  constructor(private readonly filter: Buffer) {
    process.once('exit', () => this.remove());
  }

  /** Of a file that is there: systems remove from their temporary folder what is some days old. */
  get path(): string {
    if (this.written === null || !existsSync(this.written)) {
      this.written = join(mkdtempSync(join(tmpdir(), 'video-to-mp3-')), 'network.bpf');
      writeFileSync(this.written, this.filter);
    }
    return this.written;
  }

  remove(): void {
    if (this.written !== null) rmSync(dirname(this.written), { recursive: true, force: true });
    this.written = null;
  }
}
