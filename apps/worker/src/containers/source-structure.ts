import type { PacketDurations } from './packet-durations.js';

/** Which part of its packets a track asks to be played, in seconds from its first packet. */
export interface Trim {
  readonly startSeconds: number;
  /** Null where the container names no end. */
  readonly endSeconds: number | null;
  /** Off the ends of the last packets, the very last one last. */
  readonly discardSeconds: readonly number[];
}

/** Limits the ranges of all MP3 tracks of a file, to half a day of audio: more ranges would fill the memory. */
export const MAX_MP3_RANGES = 2_000_000;

/** An MP3 track, as its container holds it. */
export interface Mp3Track {
  /** Where its bytes lie, in order: position, length, position, length … */
  readonly ranges: readonly number[];
  readonly packets: number;
  /** Null if an MP3 cannot express it. */
  readonly trim: Trim | null;
}

/** How long a track lasts by its container: an account of its packets, not the duration in a header. */
export interface StatedTime {
  readonly durations: PacketDurations;
  readonly unitSeconds: number;
  /** How exact the container's times are. */
  readonly resolutionSeconds: number;
  /** What players leave out of the packets, by codec delay, padding or an edit list. */
  readonly trimmedSeconds: number;
}

export interface SourceTrack {
  readonly isAudio: boolean;
  readonly isEncrypted: boolean;
  /** How many packets the file holds for this track, where that can be counted. */
  readonly packets: number | null;
  /** Null where the container states none. */
  readonly time: StatedTime | null;
  /** Why this track cannot be whole. */
  readonly damage: string | null;
  /** Set if the track is MP3 that can be copied from the file. */
  readonly mp3?: Mp3Track;
}

/** Called as soon as the tracks are known, long before the walk ends. */
export type OnTracks = (hasMp3: boolean) => void;

/** Facts that are read from the file's boxes or elements, without a decoder. */
export interface SourceStructure {
  readonly container: 'iso' | 'ebml' | 'unknown';
  /** In the order in which ffmpeg numbers them. */
  readonly tracks: readonly SourceTrack[];
  /** Why the file cannot be whole; null when nothing speaks against it. */
  readonly damage: string | null;
  /** Set when the file declares more than it can hold, or more structure than any real file has: nothing should open it. */
  readonly isOversized?: true;
}
