import { Writable } from 'node:stream';
import type { ObjectUpload } from './object-upload.js';
import { PartBuffer } from './part-buffer.js';
import { partSizeBytes } from './part-plan.js';

type Callback = (error?: Error | null) => void;

/**
 * Gathers a body into parts and sends each when more follows; what fits into one part becomes a single PUT. The body
 * waits while a part is sent, so that one part per upload is all that is held in memory.
 */
export class PartSink extends Writable {
  sizeBytes = 0;
  private partNumber = 1;
  private readonly part = new PartBuffer(partSizeBytes(1));

  constructor(private readonly upload: ObjectUpload) {
    super({ decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.sizeBytes += chunk.length;
    if (chunk.length <= this.part.roomBytes) {
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
    callback(error);
  }

  private async spread(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length;) {
      if (this.part.roomBytes === 0) await this.sendPart();
      offset += this.part.append(chunk.subarray(offset));
    }
  }

  private async sendPart(): Promise<void> {
    await this.upload.putPart(this.partNumber, this.part.bytes, this.part.sha256());
    this.partNumber += 1;
    this.part.reset(partSizeBytes(this.partNumber));
  }

  private async finish(): Promise<void> {
    if (this.partNumber === 1) return this.upload.putWhole(this.part.bytes, this.part.sha256());
    await this.upload.putPart(this.partNumber, this.part.bytes, this.part.sha256());
    await this.upload.complete();
  }
}

function settle(work: Promise<void>, callback: Callback): void {
  work.then(() => callback(), callback);
}
