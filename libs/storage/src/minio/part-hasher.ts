import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** The memory of a part, which a thread can read without copying it. */
export type PartBytes = Buffer<SharedArrayBuffer>;

/** Below this, hashing costs less than passing the bytes to a thread. */
const SMALL_BYTES = 256 * 1024;

/** A string, because a thread cannot load TypeScript. */
const THREAD = `
const { createHash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ id, bytes }) => {
  parentPort.postMessage({ id, sha256: createHash('sha256').update(bytes).digest('hex') });
});
`;

interface Waiting {
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: Error) => void;
}

/** Computes the SHA-256 of parts in a thread, because a part would block the event loop for several milliseconds. */
export class PartHasher {
  private thread: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** Returns the hash in hexadecimal. The bytes must not change until then. */
  async hash(bytes: PartBytes): Promise<string> {
    if (bytes.length < SMALL_BYTES) return createHash('sha256').update(bytes).digest('hex');
    return new Promise((resolve, reject) => {
      const thread = (this.thread ??= this.start());
      this.lastId += 1;
      this.waiting.set(this.lastId, { resolve, reject });
      thread.ref();
      thread.postMessage({ id: this.lastId, bytes }, []);
    });
  }

  async close(): Promise<void> {
    await this.thread?.terminate();
  }

  private start(): Worker {
    const thread = new Worker(THREAD, { eval: true, execArgv: [] });
    thread.on('message', ({ id, sha256 }: { id: number; sha256: string }) => {
      this.waiting.get(id)?.resolve(sha256);
      this.waiting.delete(id);
      // An idle thread does not keep the process alive.
      if (this.waiting.size === 0) thread.unref();
    });
    thread.on('error', (error) => this.fail(error));
    thread.on('exit', () => this.fail(new Error('The hashing thread has ended')));
    return thread;
  }

  private fail(error: Error): void {
    this.thread = null;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
