import type { SpareCores } from './transcoder.js';

/** Spare cores that one job holds. None is given back twice. */
export class TakenCores {
  private constructor(
    private readonly spare: SpareCores | undefined,
    private taken: number,
  ) {}

  static take(spare: SpareCores | undefined, most: number): TakenCores {
    return new TakenCores(spare, spare?.take(most) ?? 0);
  }

  get count(): number {
    return this.taken;
  }

  giveBack(): void {
    this.keep(this.taken - 1);
  }

  /** Gives back all but `count` cores. */
  keep(count: number): void {
    for (; this.taken > Math.max(0, count); this.taken--) this.spare?.giveBack();
  }
}
