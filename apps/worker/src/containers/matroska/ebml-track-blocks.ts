import type { Lacing } from './ebml-lacing.js';
import { EbmlMp3 } from './ebml-mp3.js';
import { EbmlTime } from './ebml-time.js';
import type { EbmlTrack } from './ebml-tracks.js';
import { MAX_MP3_RANGES, type SourceTrack } from '../source-structure.js';

const MP3_CODEC = 'A_MPEG/L3';
/** ffmpeg splits these into packets of its own. */
const RECUT_CODECS = /^A_(MPEG\/L3|MLP|TRUEHD|REAL)/;

export interface BlockPlace {
  /** The start time of the block, in ticks. */
  readonly ticks: number;
  /** The position after the block's header. */
  readonly start: number;
  readonly end: number;
}

/** Collects the facts that the blocks of one track state. */
export class TrackBlocks {
  private packets = 0;
  private readonly mp3: EbmlMp3 | null;
  private readonly time: EbmlTime | null;

  /** @param mp3Room the number of ranges of MP3 frames that can still be kept, for all tracks of the file */
  constructor(track: EbmlTrack, mp3Room: { ranges: number }) {
    const { codec, isEncoded, isAudio, delaySeconds, defaultNanoseconds } = track;
    this.mp3 = codec === MP3_CODEC && !isEncoded ? new EbmlMp3(delaySeconds, mp3Room) : null;
    this.time = isAudio ? new EbmlTime(delaySeconds, defaultNanoseconds) : null;
  }

  /** Creates one for each track of a file, by track number. If several have the same number, the last one counts. */
  static ofTracks(tracks: readonly EbmlTrack[]): Map<number, TrackBlocks> {
    const mp3Room = { ranges: MAX_MP3_RANGES };
    return new Map(tracks.map((track) => [track.number, new TrackBlocks(track, mp3Room)]));
  }

  get isMp3(): boolean {
    return this.mp3 !== null;
  }

  add({ ticks, start, end }: BlockPlace, lacing: Lacing): void {
    this.packets += lacing.frames;
    this.time?.add(ticks, lacing.frames);
    this.mp3?.add(start, end, lacing);
  }

  /** Adds the seconds that players skip at the end of the latest block. */
  discard(seconds: number): void {
    if (seconds === 0) return;
    this.time?.discard(seconds);
    this.mp3?.discard(seconds);
  }

  /** Sets the duration that the latest block states. */
  setDuration(ticks: number): void {
    this.time?.setDuration(ticks);
  }

  sourceTrack({ codec, isAudio, isEncrypted }: EbmlTrack, tickNanoseconds: number): SourceTrack {
    return {
      isAudio,
      isEncrypted,
      packets: RECUT_CODECS.test(codec) ? null : this.packets,
      time: this.time?.stated(tickNanoseconds) ?? null,
      damage: null,
      mp3: this.mp3?.track,
    };
  }
}
