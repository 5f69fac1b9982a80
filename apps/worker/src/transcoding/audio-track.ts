import type { Mp3Track, SourceStructure } from '../containers/source-structure.js';

/**
 * Returns the track that ffmpeg would convert if it is an intact MP3 track. Calls `choose`, which returns the number
 * of that track, only if there are several.
 */
export async function trackToCopy(
  { damage, tracks }: SourceStructure,
  choose: () => Promise<number | null>,
): Promise<Mp3Track | null> {
  const audioTracks = tracks.filter(({ isAudio }) => isAudio);
  if (damage !== null || !audioTracks.some(({ mp3 }) => mp3 !== undefined)) return null;
  const chosen = audioTracks.length === 1 ? audioTracks[0] : tracks[(await choose()) ?? -1];
  const isWhole = chosen !== undefined && chosen.isAudio && !chosen.isEncrypted && chosen.damage === null;
  return isWhole ? (chosen.mp3 ?? null) : null;
}
