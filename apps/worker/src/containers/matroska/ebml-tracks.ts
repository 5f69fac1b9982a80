import type { Interruptible } from '../event-loop-share.js';
import { childElements, unsigned, type Element } from './ebml-element.js';

const TRACK_ENTRY = 0xae;
const TRACK_NUMBER = 0xd7;
const TRACK_TYPE = 0x83;
const CODEC_ID = 0x86;
const CODEC_DELAY = 0x56aa;
const DEFAULT_DURATION = 0x23e383;
const CONTENT_ENCODINGS = 0x6d80;
const CONTENT_ENCODING = 0x6240;
const CONTENT_ENCRYPTION = 0x5035;
const AUDIO = 2;
/** ffmpeg rejects files with more. */
const MAX_TRACKS = 1000;
/** The types of which ffmpeg makes streams: video, audio, subtitles, metadata. */
const STREAM_TYPES = new Set([1, AUDIO, 0x11, 0x21]);

export interface EbmlTrack {
  readonly number: number;
  readonly codec: string;
  readonly isAudio: boolean;
  readonly isStream: boolean;
  readonly isEncrypted: boolean;
  /** True if the blocks are compressed (which includes header stripping) or encrypted. */
  readonly isEncoded: boolean;
  /** The silence that the codec adds before the audio. */
  readonly delaySeconds: number;
  /** The duration of one frame; 0 if it is not declared. */
  readonly defaultNanoseconds: number;
}

/** Reads the payload of a `Tracks` element. */
export function* readTracks(payload: Buffer): Interruptible<EbmlTrack[]> {
  const entries = childElements(payload).filter(({ id }) => id === TRACK_ENTRY);
  if (entries.length > MAX_TRACKS) throw new RangeError('too many tracks');
  const tracks: EbmlTrack[] = [];
  for (const entry of entries) {
    tracks.push(yield* readTrack(childElements(entry.payload)));
    yield;
  }
  return tracks;
}

function* readTrack(fields: readonly Element[]): Interruptible<EbmlTrack> {
  const field = (id: number): Buffer => fields.find((element) => element.id === id)?.payload ?? Buffer.alloc(0);
  const type = unsigned(field(TRACK_TYPE));
  const encodings = childElements(field(CONTENT_ENCODINGS)).filter(({ id }) => id === CONTENT_ENCODING);
  return {
    number: unsigned(field(TRACK_NUMBER)),
    codec: field(CODEC_ID).toString('latin1'),
    isAudio: type === AUDIO,
    isStream: STREAM_TYPES.has(type),
    isEncoded: encodings.length > 0,
    delaySeconds: unsigned(field(CODEC_DELAY)) / 1e9,
    defaultNanoseconds: unsigned(field(DEFAULT_DURATION)),
    isEncrypted: yield* hasEncryption(encodings),
  };
}

function* hasEncryption(encodings: readonly Element[]): Interruptible<boolean> {
  for (const { payload } of encodings) {
    if (childElements(payload).some(({ id }) => id === CONTENT_ENCRYPTION)) return true;
    yield;
  }
  return false;
}
