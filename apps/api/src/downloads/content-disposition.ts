import { create } from 'content-disposition';
import { outputFilename } from './output-filename.js';

/** Returns the header that makes a client save the MP3 under the name of its video. */
export function outputDisposition(sourceFilename: string): string {
  const name = outputFilename(sourceFilename);
  // curl and others do not read escaped quotes: the ASCII form has neither quotes nor backslashes.
  return create(name, { fallback: name.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/gu, '?') });
}
