import { randomUUID } from 'node:crypto';
import { constants, open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failure } from '../failure.js';

const CHUNK_BYTES = 256 * 1024;

/** A multipart form with text fields and one file. The file is read while it is sent, so memory use stays flat, and its length is known. */
export class UploadForm {
  readonly boundary = `video-to-mp3-${randomUUID()}`;
  private readonly head: Buffer;
  private readonly tail = Buffer.from(`\r\n--${this.boundary}--\r\n`);

  private constructor(
    path: string,
    private readonly file: FileHandle,
    readonly sizeBytes: number,
    private readonly modifiedMs: number,
    fields: Readonly<Record<string, string>>,
  ) {
    const texts = Object.entries(fields).map(
      ([name, value]) => `--${this.boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    this.head = Buffer.from(
      `${texts.join('')}--${this.boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escaped(basename(path))}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
  }

  /** @param fields names and values without quotes and line ends; they are sent before the file */
  static async open(path: string, fields: Readonly<Record<string, string>> = {}): Promise<UploadForm> {
    const file = await open(path, constants.O_RDONLY);
    try {
      const { size, mtimeMs } = await file.stat();
      return new UploadForm(path, file, size, mtimeMs, fields);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get headers(): Record<string, string | number> {
    return {
      'Content-Type': `multipart/form-data; boundary=${this.boundary}`,
      'Content-Length': this.head.length + this.sizeBytes + this.tail.length,
    };
  }

  /** Yields the form in chunks; reports how many bytes of the file the sender has taken. */
  async *chunks(onSent: (bytes: number) => void): AsyncGenerator<Buffer> {
    yield this.head;
    let sentBytes = 0;
    while (sentBytes < this.sizeBytes) {
      const chunk = await this.read(sentBytes);
      if (chunk.length === 0) throw changed();
      yield chunk;
      sentBytes += chunk.length;
      onSent(sentBytes);
    }
    // The service rejects a form without its end: half a recording must not become an MP3.
    const { size, mtimeMs } = await this.file.stat();
    if (size !== this.sizeBytes || mtimeMs !== this.modifiedMs) throw changed();
    yield this.tail;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async read(position: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.sizeBytes - position));
    try {
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, position);
      return buffer.subarray(0, bytesRead);
    } catch (cause) {
      throw new Failure('file_unreadable', 'The file could not be read to its end. Check its disk.', {
        cause,
      });
    }
  }
}

function changed(): Failure {
  return new Failure('file_changed', 'The file changed during the upload. Try again when it is complete.');
}

/** Escapes as browsers do: quotes and line ends would end the name. */
function escaped(filename: string): string {
  return filename.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
