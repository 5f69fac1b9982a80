import type { Mp3Track, SourceStructure } from '../containers/source-structure.js';

/**
 * The track that ffmpeg would take, where that is MP3 and whole. `choose` answers which of several tracks it would
 * be, by its number; it is asked only where that decides.
 */
export async function trackToCopy(
  { damage, tracks }: SourceStructure,
  choose: () => Promise<number | null>,
): Promise<Mp3Track | null> {
  const sounds = tracks.filter(({ isSound }) => isSound);
  if (damage !== null || !sounds.some(({ mp3 }) => mp3 !== undefined)) return null;
  const chosen = sounds.length === 1 ? sounds[0] : tracks[(await choose()) ?? -1];
  const isWhole = chosen !== undefined && chosen.isSound && !chosen.isEncrypted && chosen.damage === null;
  return isWhole ? (chosen.mp3 ?? null) : null;
}
