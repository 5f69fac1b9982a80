import { readEbmlStructure } from './matroska/ebml-structure.js';
import { FileWindow } from './file-window.js';
import { readIsoStructure } from './isobmff/iso-structure.js';
import type { OnTracks, SourceStructure } from './source-structure.js';

const EBML_MAGIC = Buffer.from('1a45dfa3', 'hex');
const FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'mdat', 'free', 'skip', 'wide', 'pnot', 'uuid']);
const UNKNOWN: SourceStructure = { container: 'unknown', tracks: [], damage: null };

/** Returns true for the first bytes of a Matroska or WebM file. */
export function isEbml(head: Buffer): boolean {
  return head.subarray(0, EBML_MAGIC.length).equals(EBML_MAGIC);
}

/** Reads every box or element header of a file, and the tables that list its audio. */
export function readSourceStructure(
  path: string,
  signal: AbortSignal,
  onTracks: OnTracks = () => undefined,
): Promise<SourceStructure> {
  return FileWindow.use(path, signal, async (file) => {
    const head = await file.bytes(0, 8);
    if (head.length < 8) return UNKNOWN;
    if (isEbml(head)) return readEbmlStructure(file, onTracks);
    return FIRST_BOXES.has(head.toString('latin1', 4, 8)) ? readIsoStructure(file, onTracks) : UNKNOWN;
  });
}
