import { FileWindow, type ByteSource } from '../containers/file-window.js';
import { isEbml } from '../containers/source-reader.js';
import { BoundedSource } from './bounded-source.js';
import { coverType, type Cover, type CoverPlace } from './cover.js';
import { EbmlTags } from './ebml-tags.js';
import { IsoTags } from './iso-tags.js';
import type { SourceTags } from './source-tags.js';

/** Limits the boxes, elements and texts that are read. Each cluster takes one: a recording of twelve hours has at least 8640. */
const MAX_READS = 50_000;

/** Reads the tags of a source. They are optional: if some cannot be read, the others are returned, and nothing fails. */
export async function readTags(path: string, signal: AbortSignal): Promise<SourceTags> {
  try {
    return await FileWindow.use(path, signal, (file) => findTags(file));
  } catch {
    signal.throwIfAborted();
    return { texts: {}, cover: null };
  }
}

async function findTags(file: FileWindow): Promise<SourceTags> {
  const bounded = new BoundedSource(file, MAX_READS);
  const finder = isEbml(await file.bytes(0, 8)) ? new EbmlTags(bounded) : new IsoTags(bounded);
  await finder.read().catch(() => undefined);
  return { texts: finder.texts, cover: finder.cover === null ? null : await readCover(file, finder.cover) };
}

/** Reads a cover; null if the file ends within it. */
async function readCover(file: ByteSource, { start, end }: CoverPlace): Promise<Cover | null> {
  const bytes = await file.bytes(start, end - start);
  const mimeType = coverType(bytes);
  // Copied, because the source can reuse its buffer.
  return mimeType === null || bytes.length < end - start ? null : { mimeType, bytes: Buffer.from(bytes) };
}
