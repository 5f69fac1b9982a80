import { FrameAccount } from './frame-account.js';
import { writeInfoFrame } from './info-frame.js';
import type { Mp3Header } from './mp3-header.js';
import { Mp3Reservoir } from './mp3-reservoir.js';
import { Mp3Walker, type InfoFrame, type Mp3Summary } from './mp3-walker.js';
import { haveSameAudio, type Mp3Frame } from './same-audio.js';

/** The position of a part, in frames of the whole MP3. */
export interface JoinedPart {
  /** The position of its first frame: before `start`, because the encoders need some frames until they agree. */
  readonly encodedFrom: number;
  readonly start: number;
  /** The next part's start; null for the last part. */
  readonly end: number | null;
}

/**
 * The number of frames before a cut that must have the same audio in both parts. Encoders that agreed for a while and
 * then differed again had agreed for at most 3.
 */
export const AGREEMENT_FRAMES = 48;
/** The same for the frames after a cut, because their main data can begin before the cut. */
const FRAMES_BEHIND_CUT = 8;
/** The number of frames over which the main data of one frame can be spread. */
const RESERVOIR_FRAMES = 12;
/** The number of frames that are encoded after the end of a part, because the last frames of a stream differ. */
export const LEAD_OUT_FRAMES = 2 * FRAMES_BEHIND_CUT;

/** Parts of one MP3 that do not fit together. */
export class PartsDisagreeError extends Error {
  override readonly name = 'PartsDisagreeError';
}

/**
 * Joins parts of an MP3 of constant bit rate that separate encoders wrote, frame by frame, if their audio is the same
 * around each cut: the result is then that of a single encoder. Throws a `PartsDisagreeError` otherwise.
 */
export class Mp3Join {
  private readonly reservoir = new Mp3Reservoir();
  private ready: Buffer[] = [];
  private account: FrameAccount | null = null;
  private template: Buffer | null = null;
  private first: Mp3Header | null = null;
  private delaySamples = 0;
  private paddingSamples = 0;
  /** The frames around the cut, as the previous part has them. */
  private tail: Mp3Frame[] = [];
  private current: PartInHand | null = null;

  /** Starts the next part. */
  begin(part: JoinedPart): void {
    this.current = new PartInHand(part, (frame, header, info) => this.take(frame, header, info));
  }

  /** Takes the next bytes of the part, which must not change afterwards; returns what to write next. */
  push(piece: Buffer): Buffer[] {
    this.current?.walker.push(piece);
    return this.taken();
  }

  /** Ends the part. Returns what to write next, and the part's own summary. */
  endPart(): { frames: Buffer[]; summary: Mp3Summary } {
    const { current } = this;
    if (current === null) throw new PartsDisagreeError('no part');
    const summary = current.walker.end();
    const { part, head } = current;
    if (summary.strayAtByte !== null) throw new PartsDisagreeError(`no frame at byte ${summary.strayAtByte} of a part`);
    if (part.end !== null && current.tail.length < RESERVOIR_FRAMES + AGREEMENT_FRAMES + FRAMES_BEHIND_CUT)
      throw new PartsDisagreeError(`a part ends ${part.end - current.position} frames before its end`);
    if (part.start > 0 && !haveSameAudio(this.tail, head, RESERVOIR_FRAMES))
      throw new PartsDisagreeError(`two parts differ around frame ${part.start}`);
    this.tail = current.tail;
    this.current = null;
    return { frames: this.taken(), summary };
  }

  /** Returns the info frame to write over the first frame, and how many frames and bytes follow it. */
  end(): { infoFrame: Buffer; frames: number; frameBytes: number } {
    const { template, account, delaySamples, paddingSamples } = this;
    if (template === null || account === null) throw new PartsDisagreeError('no frames');
    const fields = account.fields({ delaySamples, paddingSamples }, true);
    const frameBytes = fields.bytes - template.length;
    return { infoFrame: writeInfoFrame(template, fields), frames: fields.frames, frameBytes };
  }

  private take(frame: Buffer, header: Mp3Header, info: InfoFrame | null): void {
    if (info !== null) this.takeInfo(frame, info);
    else if (this.current !== null) this.takeAudio(this.current, frame, header);
  }

  private takeInfo(frame: Buffer, info: InfoFrame): void {
    if (this.template === null) {
      this.template = Buffer.from(frame);
      this.account = new FrameAccount(frame.length);
      this.delaySamples = info.delaySamples;
      this.ready.push(this.template);
    }
    if (info.delaySamples !== this.delaySamples) throw new PartsDisagreeError('two parts have different delays');
    this.paddingSamples = info.paddingSamples;
  }

  private takeAudio(current: PartInHand, bytes: Buffer, header: Mp3Header): void {
    const { account, first } = this;
    if (account === null) throw new PartsDisagreeError('a part has no info frame');
    this.first ??= header;
    if (first !== null && !isAlike(first, header)) throw new PartsDisagreeError('two frames are of different kinds');
    const isWritten = current.take({ bytes, header });
    if (!isWritten) return;
    if (!this.reservoir.accepts(bytes, header))
      throw new PartsDisagreeError(`frame ${account.frames} lacks a part of its audio`);
    account.add(bytes);
    this.ready.push(bytes);
  }

  private taken(): Buffer[] {
    const taken = this.ready;
    this.ready = [];
    return taken;
  }
}

/** The part whose frames arrive. */
class PartInHand {
  readonly walker: Mp3Walker;
  readonly head: Mp3Frame[] = [];
  readonly tail: Mp3Frame[] = [];
  /** The number of the next frame in the whole MP3. */
  position: number;

  constructor(
    readonly part: JoinedPart,
    onFrame: ConstructorParameters<typeof Mp3Walker>[0],
  ) {
    this.walker = new Mp3Walker(onFrame);
    this.position = part.encodedFrom;
  }

  /** Returns true if the frame belongs into the MP3. */
  take({ bytes, header }: Mp3Frame): boolean {
    const { start, end } = this.part;
    const at = this.position++;
    if (start > 0 && isAround(start, at)) this.head.push({ bytes: Buffer.from(bytes), header });
    if (end !== null && isAround(end, at)) this.tail.push({ bytes: Buffer.from(bytes), header });
    return at >= start && (end === null || at < end);
  }
}

function isAround(cut: number, frame: number): boolean {
  return frame >= cut - AGREEMENT_FRAMES - RESERVOIR_FRAMES && frame < cut + FRAMES_BEHIND_CUT;
}

function isAlike(a: Mp3Header, b: Mp3Header): boolean {
  return a.kbps === b.kbps && a.sampleRate === b.sampleRate && a.isMono === b.isMono;
}
