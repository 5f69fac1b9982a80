import { Writable } from 'node:stream';
import type { ObjectUpload } from './object-upload.js';
import { PartBuffer } from './part-buffer.js';
import { partSizeBytes } from './part-plan.js';
import type { PartPool } from './part-pool.js';

type Callback = (error?: Error | null) => void;

/**
 * Collects a body into parts and sends them while the next ones fill, as far as the pool has memory. A body that fits
 * into one part becomes a single PUT. A slow body uses at most one part.
 */
export class PartSink extends Writable {
  sizeBytes = 0;
  private partNumber = 1;
  private part: PartBuffer | null = null;
  private readonly sending = new Set<Promise<void>>();

  constructor(
    private readonly upload: ObjectUpload,
    private readonly pool: PartPool,
  ) {
    super({ decodeStrings: true });
    pool.open(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.sizeBytes += chunk.length;
    if (this.part !== null && chunk.length <= this.part.roomBytes) {
      this.part.append(chunk);
      return callback();
    }
    settle(this.spread(chunk), callback);
  }

  override _final(callback: Callback): void {
    settle(this.finish(), callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.upload.cancel();
    if (this.part !== null) this.pool.giveBack(this, this.part.memory);
    this.part = null;
    this.pool.close(this);
    callback(error);
  }

  private async spread(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length;) {
      // A full part waits here until the next byte shows that it is not the last.
      if (this.part?.roomBytes === 0) this.send(this.part);
      this.part ??= new PartBuffer(await this.pool.take(this, partSizeBytes(this.partNumber)));
      offset += this.part.append(chunk.subarray(offset));
    }
  }

  private send(part: PartBuffer): void {
    const sent = this.upload.putPart(this.partNumber, part.bytes).finally(() => this.pool.giveBack(this, part.memory));
    this.part = null;
    this.partNumber += 1;
    this.sending.add(sent);
    sent.then(
      () => this.sending.delete(sent),
      (error: Error) => this.destroy(error),
    );
  }

  private async finish(): Promise<void> {
    if (this.partNumber === 1) return this.sendWhole(this.part);
    if (this.part !== null) this.send(this.part);
    await Promise.all(this.sending);
    await this.upload.complete();
  }

  private async sendWhole(part: PartBuffer | null): Promise<void> {
    if (part === null) return this.upload.putWhole(Buffer.from(new SharedArrayBuffer(0)));
    this.part = null;
    await this.upload.putWhole(part.bytes).finally(() => this.pool.giveBack(this, part.memory));
  }
}

function settle(work: Promise<void>, callback: Callback): void {
  work.then(() => callback(), callback);
}
