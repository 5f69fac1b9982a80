import { create } from 'content-disposition';
import { outputFilename } from './output-filename.js';

/** Returns the header that names the MP3 after its video. */
export function outputDisposition(sourceFilename: string): string {
  const name = outputFilename(sourceFilename);
  // Clients such as curl cannot parse escaped quotes, so the ASCII form contains no quotes or backslashes.
  return create(name, { fallback: name.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/gu, '?') });
}
