import { open, type FileHandle } from 'node:fs/promises';
import { ID3_HEADER_BYTES, id3TagBytes } from '../mp3/id3-header.js';
import { writeAll } from './write-all.js';
import { padId3Tag } from '../tags/id3-tag.js';

/**
 * Writes a tag over the one at the start of an MP3 and pads it to the same size. Does nothing if the file is missing or
 * has too little room: the verification reports that.
 */
export async function writeIntoTagRoom(path: string, tag: Buffer): Promise<void> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(ID3_HEADER_BYTES), 0, ID3_HEADER_BYTES, 0);
    const roomBytes = id3TagBytes(buffer.subarray(0, bytesRead));
    if (roomBytes < tag.length || roomBytes > (await file.stat()).size) return;
    await writeAll(file, padId3Tag(tag, roomBytes), 0);
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
