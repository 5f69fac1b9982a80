import type { PacketDurations } from './packet-durations.js';

/** The part of a track that players play, in seconds from its first packet. */
export interface Trim {
  readonly startSeconds: number;
  /** Null if the container states no end. */
  readonly endSeconds: number | null;
  /** Cut off the ends of the last packets, in the order of the packets. */
  readonly discardSeconds: readonly number[];
}

/** Limits the ranges of all MP3 tracks of a file, because each takes memory. It is enough for half a day of audio. */
export const MAX_MP3_RANGES = 2_000_000;

/** An MP3 track, as it is stored in its container. */
export interface Mp3Track {
  /** The positions of its bytes, in order: position, length, position, length … */
  readonly ranges: readonly number[];
  readonly packets: number;
  /** Null if an MP3 file cannot express it. */
  readonly trim: Trim | null;
}

/** The duration of a track according to its container: the sum of its packets, not the duration in a header. */
export interface StatedTime {
  readonly durations: PacketDurations;
  readonly unitSeconds: number;
  /** The precision of the container's times. */
  readonly resolutionSeconds: number;
  /** The part of the packets that players skip because of a codec delay, padding or an edit list. */
  readonly trimmedSeconds: number;
}

export interface SourceTrack {
  readonly isAudio: boolean;
  readonly isEncrypted: boolean;
  /** The number of packets in the file for this track; null if it cannot be counted. */
  readonly packets: number | null;
  /** Null if the container states none. */
  readonly time: StatedTime | null;
  /** The reason why this track is incomplete; null if none was found. */
  readonly damage: string | null;
  /** Set if the track is MP3 that can be copied from the file. */
  readonly mp3?: Mp3Track;
}

/** Called as soon as the tracks are known, long before the whole file was read. */
export type OnTracks = (tracks: TrackList) => void;

export interface TrackList {
  readonly hasMp3: boolean;
  /** The length that the header of the file states, which can be wrong; null if it states none. */
  readonly statedMs: number | null;
}

/** Facts that are read from the file's boxes or elements, without a decoder. */
export interface SourceStructure {
  readonly container: 'iso' | 'ebml' | 'unknown';
  /** In the order in which ffmpeg numbers them. */
  readonly tracks: readonly SourceTrack[];
  /** The reason why the file is incomplete; null if none was found. */
  readonly damage: string | null;
  /** Set if the file declares more than it can hold, or more structure than any real file: no demuxer should open it. */
  readonly isOversized?: true;
}
