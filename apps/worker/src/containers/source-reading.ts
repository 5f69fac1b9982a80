import { EventEmitter, once } from 'node:events';
import { readSourceStructure } from './source-reader.js';
import type { SourceStructure } from './source-structure.js';

/** A source that is being read: whether it has MP3 tracks is known long before the end. */
export interface SourceReading {
  readonly hasMp3: Promise<boolean>;
  readonly structure: Promise<SourceStructure>;
}

export function startReading(path: string, signal: AbortSignal): SourceReading {
  const tracks = new EventEmitter();
  const found = once(tracks, 'found') as Promise<[boolean]>;
  const structure = readSourceStructure(path, signal, (hasMp3) => tracks.emit('found', hasMp3));
  // Where no tracks were found; a failure is told by the structure alone.
  const ended = (): boolean => tracks.emit('found', false);
  structure.then(ended, ended);
  return { hasMp3: found.then(([hasMp3]) => hasMp3), structure };
}
