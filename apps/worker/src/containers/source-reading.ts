import { EventEmitter, once } from 'node:events';
import { readSourceStructure } from './source-reader.js';
import { OversizedStructureError } from './structure-budget.js';
import type { SourceStructure } from './source-structure.js';

/**
 * A source that is being read: whether it has MP3 tracks is known long before the end. Both reject with an
 * `OversizedStructureError` if nothing should open the file.
 */
export interface SourceReading {
  readonly hasMp3: Promise<boolean>;
  readonly structure: Promise<SourceStructure>;
}

export function startReading(path: string, signal: AbortSignal): SourceReading {
  const tracks = new EventEmitter();
  const found = once(tracks, 'found') as Promise<[boolean]>;
  const structure = readSourceStructure(path, signal, (hasMp3) => tracks.emit('found', hasMp3)).then(bounded);
  const hasMp3 = Promise.race([found.then(([first]) => first), structure.then(() => false)]);
  // Who awaits only `structure` learns the same.
  hasMp3.catch(() => undefined);
  return { hasMp3, structure };
}

function bounded(structure: SourceStructure): SourceStructure {
  if (structure.isOversized === true) throw new OversizedStructureError(structure.damage ?? 'oversized');
  return structure;
}
