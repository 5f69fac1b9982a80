import { EventEmitter, once } from 'node:events';
import { readSourceStructure } from './source-reader.js';
import { OversizedStructureError } from './structure-budget.js';
import type { SourceStructure, TrackList } from './source-structure.js';

/**
 * A source that is being read. `tracks` resolves long before `structure`. Both reject with an
 * `OversizedStructureError` if no demuxer should open the file.
 */
export interface SourceReading {
  readonly tracks: Promise<TrackList>;
  readonly structure: Promise<SourceStructure>;
}

const NO_TRACKS: TrackList = { hasMp3: false, statedMs: null };

export function startReading(path: string, signal: AbortSignal): SourceReading {
  const emitter = new EventEmitter();
  const found = once(emitter, 'found') as Promise<[TrackList]>;
  const structure = readSourceStructure(path, signal, (list) => emitter.emit('found', list)).then(rejectOversized);
  const tracks = Promise.race([found.then(([first]) => first), structure.then(() => NO_TRACKS)]);
  // A caller that awaits only `structure` gets the same error.
  tracks.catch(() => undefined);
  return { tracks, structure };
}

function rejectOversized(structure: SourceStructure): SourceStructure {
  if (structure.isOversized === true) throw new OversizedStructureError(structure.damage ?? 'oversized');
  return structure;
}
