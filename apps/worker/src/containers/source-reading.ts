import { EventEmitter, once } from 'node:events';
import { readSourceStructure } from './source-reader.js';
import { OversizedStructureError } from './structure-budget.js';
import type { SourceStructure } from './source-structure.js';

/**
 * A source that is being read. `hasMp3` resolves long before `structure`. Both reject with an
 * `OversizedStructureError` if no demuxer should open the file.
 */
export interface SourceReading {
  readonly hasMp3: Promise<boolean>;
  readonly structure: Promise<SourceStructure>;
}

export function startReading(path: string, signal: AbortSignal): SourceReading {
  const tracks = new EventEmitter();
  const found = once(tracks, 'found') as Promise<[boolean]>;
  const structure = readSourceStructure(path, signal, (hasMp3) => tracks.emit('found', hasMp3)).then(rejectOversized);
  const hasMp3 = Promise.race([found.then(([first]) => first), structure.then(() => false)]);
  // A caller that awaits only `structure` gets the same error.
  hasMp3.catch(() => undefined);
  return { hasMp3, structure };
}

function rejectOversized(structure: SourceStructure): SourceStructure {
  if (structure.isOversized === true) throw new OversizedStructureError(structure.damage ?? 'oversized');
  return structure;
}
