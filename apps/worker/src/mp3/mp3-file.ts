import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Mp3Walker, type Mp3Summary } from './mp3-walker.js';

const CHUNK_BYTES = 512 * 1024;

export interface Mp3File {
  readonly summary: Mp3Summary;
  readonly sha256: string;
}

/** Reads and hashes a file in one pass, in chunks that do not block the event loop. */
export async function readMp3File(path: string, signal: AbortSignal): Promise<Mp3File> {
  const hash = createHash('sha256');
  const walker = new Mp3Walker();
  for await (const chunk of chunksOf(path, signal)) {
    hash.update(chunk);
    walker.push(chunk);
  }
  return { summary: walker.end(), sha256: hash.digest('hex') };
}

/** Reads a file in buffers of their own, which do not block the event loop for long. */
export async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
