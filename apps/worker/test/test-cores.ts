import type { SpareCores } from '../src/transcoding/transcoder.js';

/** So many cores, all spare at first. */
export class TestCores implements SpareCores {
  constructor(public spare: number) {}

  take(most: number): number {
    const taken = Math.min(this.spare, most);
    this.spare -= taken;
    return taken;
  }

  giveBack(): void {
    this.spare += 1;
  }
}
