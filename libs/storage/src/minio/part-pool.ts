import type { PartBytes } from './part-hasher.js';

/** The most parts of one upload that are filled or sent at the same time. */
const MAX_PARTS_OF_UPLOAD = 4;

interface Waiting {
  readonly upload: object;
  readonly sizeBytes: number;
  readonly grant: (memory: PartBytes) => void;
}

/**
 * The memory for the parts of all uploads in the process. An upload always gets its first part. Further parts come from
 * a shared budget, in the order of the requests, so that fast uploads can use what slow ones do not need.
 */
export class PartPool {
  /** The number of parts of each open upload. */
  private readonly held = new Map<object, number>();
  private waiting: Waiting[] = [];
  private readonly spare: PartBytes[] = [];
  private takenBytes = 0;

  constructor(private readonly budgetBytes: number) {}

  /** The memory that is used by parts or kept for the next ones. */
  get totalBytes(): number {
    return this.takenBytes + this.spare.reduce((sum, { length }) => sum + length, 0);
  }

  open(upload: object): void {
    this.held.set(upload, 0);
  }

  /** Never settles if the upload is closed before. */
  take(upload: object, sizeBytes: number): Promise<PartBytes> {
    return new Promise((grant) => {
      this.waiting.push({ upload, sizeBytes, grant });
      this.grantNext();
    });
  }

  /** Can be called after `close`, for parts that were still being sent. */
  giveBack(upload: object, memory: PartBytes): void {
    const held = this.held.get(upload);
    if (held !== undefined) this.held.set(upload, held - 1);
    this.takenBytes -= memory.length;
    this.spare.push(memory);
    this.grantNext();
    this.trim();
  }

  close(upload: object): void {
    this.held.delete(upload);
    this.waiting = this.waiting.filter((waiting) => waiting.upload !== upload);
    this.trim();
  }

  private grantNext(): void {
    for (;;) {
      const next = this.waiting.find((waiting) => this.canGrant(waiting));
      if (next === undefined) return;
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.held.set(next.upload, (this.held.get(next.upload) ?? 0) + 1);
      this.takenBytes += next.sizeBytes;
      next.grant(this.memory(next.sizeBytes));
    }
  }

  private canGrant({ upload, sizeBytes }: Waiting): boolean {
    const held = this.held.get(upload) ?? 0;
    return held === 0 || (held < MAX_PARTS_OF_UPLOAD && this.takenBytes + sizeBytes <= this.budgetBytes);
  }

  private memory(sizeBytes: number): PartBytes {
    const at = this.spare.findIndex(({ length }) => length === sizeBytes);
    const [memory] = at === -1 ? [] : this.spare.splice(at, 1);
    // Pages that a small object never fills cost no memory.
    return memory ?? Buffer.from(new SharedArrayBuffer(sizeBytes));
  }

  /**
   * Keeps the budget and one part for each open upload. Memory that is freed and allocated repeatedly would
   * accumulate, because the garbage collector does not count it.
   */
  private trim(): void {
    for (let [next] = this.spare; next !== undefined; [next] = this.spare) {
      if (this.totalBytes <= this.budgetBytes + this.held.size * next.length) return;
      this.spare.shift();
    }
  }
}
