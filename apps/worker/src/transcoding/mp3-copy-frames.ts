import { conversionFailure } from '@app/domain';
import { FrameAccount } from '../mp3/frame-account.js';
import { gapless } from './gapless.js';
import { silentFrame, writeInfoFrame, type Gapless } from '../mp3/info-frame.js';
import type { Mp3Header } from '../mp3/mp3-header.js';
import { Mp3Reservoir } from '../mp3/mp3-reservoir.js';
import { Mp3Walker, type InfoFrame } from '../mp3/mp3-walker.js';
import { CopyNotPossibleError } from './copy-not-possible-error.js';
import type { Mp3Track } from '../containers/source-structure.js';

const INFO_NAMES = new Set(['Xing', 'Info']);
/** The position of the info tag of Fraunhofer's encoder, the same in every kind of frame. */
const VBRI_OFFSET = 36;

/** Values that the first audio frame determines. */
interface Start {
  readonly header: Mp3Header;
  /** A frame of silence. The info frame is one as well, until it is filled in. */
  readonly silent: Buffer;
  readonly gapless: Gapless;
  readonly written: FrameAccount;
}

/** Checks and copies the frames of an MP3 track, one by one. Throws the errors that `copyMp3` rejects with. */
export class Mp3Copy {
  private readonly walker = new Mp3Walker((frame, header, info) => this.take(frame, header, info));
  private readonly reservoir = new Mp3Reservoir();
  private ready: Buffer[] = [];
  private start: Start | null = null;
  private sourceInfo: InfoFrame | null = null;
  /** Frames of the source so far, including its info frame. */
  private frames = 0;
  private isConstantBitrate = true;

  constructor(
    private readonly track: Mp3Track,
    private readonly maxDurationSeconds: number,
  ) {}

  /** 0–100 */
  get percent(): number {
    return Math.min(100, Math.floor((100 * this.frames) / this.track.packets));
  }

  get outTimeMs(): number {
    const { samples = 0, sampleRate = 1 } = this.start?.header ?? {};
    return Math.floor((this.frames * samples * 1000) / sampleRate);
  }

  /** Takes the next bytes of the track and returns the frames to write next. */
  push(piece: Buffer): Buffer[] {
    this.walker.push(piece);
    const { strayAtByte } = this.walker;
    if (strayAtByte !== null) throw new CopyNotPossibleError(`no frame at byte ${strayAtByte} of the track`);
    return this.taken();
  }

  /** Returns the last frames to write, and the info frame to write over the first frame afterwards. */
  end(): { rest: Buffer[]; infoFrame: Buffer } {
    const { strayAtByte, tagBytes } = this.walker.end();
    if (tagBytes > 0) throw new CopyNotPossibleError('an ID3 tag within the track');
    if (strayAtByte !== null) throw new CopyNotPossibleError(`no frame at byte ${strayAtByte} of the track`);
    if (this.start === null) throw new CopyNotPossibleError('no audio in the track');
    if (this.frames !== this.track.packets) {
      throw new CopyNotPossibleError(`${this.frames} frames in ${this.track.packets} packets`);
    }
    const { silent, written, gapless: told } = this.start;
    const fields = written.fields(told.edges, this.isConstantBitrate);
    return { rest: this.taken(), infoFrame: writeInfoFrame(silent, fields) };
  }

  private taken(): Buffer[] {
    const taken = this.ready;
    this.ready = [];
    return taken;
  }

  private take(frame: Buffer, header: Mp3Header, info: InfoFrame | null): void {
    this.frames++;
    if (this.frames === 1 && isInfoFrame(frame, header)) {
      if (info === null) throw new CopyNotPossibleError('an info frame that says too little');
      this.sourceInfo = info;
      return;
    }
    this.start ??= this.begin(frame, header);
    const first = this.start.header;
    if (header.isMono !== first.isMono)
      throw new CopyNotPossibleError(`another number of channels in frame ${this.frames}`);
    if (!this.reservoir.accepts(frame, header))
      throw new CopyNotPossibleError(`frame ${this.frames} lacks a part of its audio`);
    if (header.kbps !== first.kbps) this.isConstantBitrate = false;
    this.write(frame, this.start.written);
  }

  private begin(frame: Buffer, header: Mp3Header): Start {
    const { track, sourceInfo, maxDurationSeconds } = this;
    const { samples: samplesPerFrame, sampleRate } = header;
    const frames = track.packets - (sourceInfo === null ? 0 : 1);
    const { trim } = track;
    const told = trim === null ? null : gapless({ trim, sourceInfo, frames, samplesPerFrame, sampleRate });
    const silent = silentFrame(frame);
    if (told === null || silent === null)
      throw new CopyNotPossibleError('an MP3 cannot tell which part is to be played');
    const { delaySamples = 0, paddingSamples = 0 } = told.edges ?? {};
    const samples = (frames + told.silentFrames) * samplesPerFrame - delaySamples - paddingSamples;
    if (samples > maxDurationSeconds * sampleRate) {
      throw conversionFailure('too_long', new CopyNotPossibleError(`longer than ${maxDurationSeconds} s`), {
        seconds: maxDurationSeconds,
      });
    }
    this.ready.push(silent);
    const written = new FrameAccount(silent.length);
    for (let index = 0; index < told.silentFrames; index++) this.write(silent, written);
    return { header, silent, gapless: told, written };
  }

  private write(frame: Buffer, written: FrameAccount): void {
    written.add(frame);
    this.ready.push(frame);
  }
}

function isInfoFrame(frame: Buffer, { tagOffset }: Mp3Header): boolean {
  const nameAt = (offset: number): string => frame.toString('latin1', offset, offset + 4);
  return INFO_NAMES.has(nameAt(tagOffset)) || nameAt(VBRI_OFFSET) === 'VBRI';
}
