import type { EncoderInput } from './ffmpeg-arguments.js';

export interface LogLine {
  /** The component of ffmpeg that wrote it, such as `aac` or `matroska,webm`; empty for the program itself. */
  readonly source: string;
  readonly level: string;
  readonly message: string;
}

export interface InputStream {
  readonly index: number;
  readonly type: string;
  readonly codec: string;
  /** As ffmpeg names their arrangement: `stereo`, `5.1(side)`, `9 channels`, `ambisonic 1`; empty for other than audio. */
  readonly layout: string;
  readonly isDefault: boolean;
}

export interface InputCounts {
  readonly packets: number;
  readonly samples: number;
  readonly decodeErrors: number;
}

export interface OutputCounts {
  readonly samples: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface Choice {
  readonly streamIndex: number;
  readonly decoder: string;
}

const DEMUXER = /^(mov,|matroska|in#0)/;
const DECODING_FAILED =
  /^(Error while decoding stream|Error (submitting|processing) packet (to|in) decoder|Decoding error:|Decode error rate)/;
/** Also reported for intact files: video decoders that are not allowed, and quirks of old cameras. */
const HARMLESS_DEMUXER_ERROR =
  /Failed to open codec|not on whitelist|chapter track not found|out of order|opening alias|external track|codec parameters/;

const WORDS = {
  noAudio: /does not contain any stream|matches no streams/,
  formatRejected: /^Format not on whitelist|format .* not on whitelist/i,
  layoutNotMixable: /^Rematrix is needed between|^Input channel layout '.*' is not supported/,
  usacNotImplemented: /^Audio object type 42 is not implemented/,
  noDecoder:
    /^Error while opening decoder|^Decoder \(codec .*\) not found|Error opening decoder|No decoder (found )?for/i,
  nothingDecoded: /^Cannot determine format of input/,
  silenceFrames: /^(dtx|SID) mode is not implemented/,
  noSpace: /No space left on device|File too large|Disk quota exceeded/,
  readError: /Input\/output error/,
  noMemory: /Cannot allocate memory|cannot allocate/i,
} as const;

type Word = keyof typeof WORDS;

/** Collects facts from the log of one run of ffmpeg 5.1 or 7.1. Decides nothing. */
export class LogFacts {
  durationMs: number | null = null;
  isInputOpen = false;
  choice: Choice | null = null;
  input: InputCounts | null = null;
  output: OutputCounts | null = null;
  /** Null if it is not an MP3 encoder. */
  encoder: EncoderInput | null = null;
  /** Rates of the decoded audio: several if it changes within the track. */
  readonly decodedRates = new Set<number>();
  /** The number of changes in the rate or the channels of the decoded audio. */
  formatChanges = 0;
  readonly streams: InputStream[] = [];
  readonly rejectedCodecs = new Set<string>();
  /** The first sign each, for the log. */
  demuxerDamage: string | null = null;
  decoderDamage: string | null = null;
  private readonly said = new Set<Word>();
  private section: 'input' | 'output' | 'other' = 'other';

  has(word: Word): boolean {
    return this.said.has(word);
  }

  get chosen(): InputStream | null {
    return this.streams.find(({ index }) => index === this.choice?.streamIndex) ?? null;
  }

  read(line: LogLine): void {
    if (line.level === 'info' || line.level === 'verbose') this.readReport(line);
    else this.readTrouble(line);
  }

  private readReport({ source, message }: LogLine): void {
    const text = message.trim();
    const opening = /^(Input|Output) #0,/.exec(text);
    if (opening !== null) {
      this.section = opening[1] === 'Input' ? 'input' : 'output';
      this.isInputOpen = true;
    }
    if (/^(Stream mapping:|Created audio stream )/.test(text)) this.section = 'other';
    if (this.section === 'input') this.readInput(text);
    if (this.section === 'output') this.readEncoder(text);
    if (this.section === 'other') this.readChoice(text);
    if (source.startsWith('graph_')) this.readGraph(text);
    this.readCounts(text);
  }

  private readInput(text: string): void {
    const duration = /^Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),/.exec(text);
    if (duration !== null) {
      const [, hours, minutes, seconds] = duration.map(Number);
      this.durationMs = Math.round(((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000);
    }
    const stream = /^Stream #0:(\d+)(?:\[[^\]]*\])?(?:\([^)]*\))?: (\w+): (\w+)(.*)$/.exec(text);
    if (stream === null) return;
    const [, index, type = '', codec = '', more = ''] = stream;
    const layout = / Hz, ([^,]+)/.exec(more)?.[1] ?? '';
    this.streams.push({ index: Number(index), type, codec, layout, isDefault: more.includes(' (default)') });
  }

  private readChoice(text: string): void {
    // Version 7.1 opens decoders before it lists what it maps.
    const [, created] = /^Created audio stream from input stream 0:(\d+)$/.exec(text) ?? [];
    if (created !== undefined) {
      const stream = this.streams.find(({ index }) => index === Number(created));
      this.choice = { streamIndex: Number(created), decoder: stream?.codec ?? '' };
    }
    const mapping = /^Stream #0:(\d+) -> #0:0 \((\S+)(?: \((\S+)\))? ->/.exec(text);
    if (mapping === null) return;
    const [, index, codec = '', implementation = 'native'] = mapping;
    this.choice = { streamIndex: Number(index), decoder: implementation === 'native' ? codec : implementation };
  }

  private readEncoder(text: string): void {
    const stream = /^Stream #0:0(?:\[[^\]]*\])?(?:\([^)]*\))?: Audio: mp3[^,]*, (\d+) Hz, (mono|stereo), (\w+)/.exec(
      text,
    );
    if (stream === null) return;
    const [, sampleRate, layout, format = ''] = stream;
    this.encoder = { sampleRate: Number(sampleRate), layout: layout === 'mono' ? 'mono' : 'stereo', format };
  }

  private readGraph(text: string): void {
    const rate = /samplerate:(\d+)/.exec(text);
    if (rate === null) return;
    if (this.decodedRates.size > 0) this.formatChanges++;
    this.decodedRates.add(Number(rate[1]));
  }

  private readCounts(text: string): void {
    const [, index] = /^Input stream #0:(\d+) \(audio\):/.exec(text) ?? [];
    if (index !== undefined && Number(index) === this.choice?.streamIndex) {
      const decodeErrors = count(/(\d+) decode errors/, text) ?? 0;
      this.input = {
        packets: count(/(\d+) packets read/, text) ?? 0,
        samples: count(/frames decoded.*\((\d+) samples\)/, text) ?? 0,
        decodeErrors,
      };
      if (decodeErrors > 0) this.decoderDamage ??= text;
    }
    if (!text.startsWith('Output stream #0:0 (audio):')) return;
    this.output = {
      samples: count(/frames encoded \((\d+) samples\)/, text) ?? 0,
      packets: count(/(\d+) packets muxed/, text) ?? 0,
      bytes: count(/packets muxed \((\d+) bytes\)/, text) ?? 0,
    };
  }

  private readTrouble({ source, level, message }: LogLine): void {
    for (const word of Object.keys(WORDS) as Word[]) if (WORDS[word].test(message)) this.said.add(word);
    const rejected = /^Codec \((\S+)\) not on whitelist/.exec(message);
    if (rejected?.[1] !== undefined) this.rejectedCodecs.add(rejected[1]);
    const shown = `${source}: ${message}`;
    if (/corrupt input packet|Packet corrupt/.test(message)) this.demuxerDamage ??= shown;
    if (level === 'warning') return;
    if (DEMUXER.test(source) && !HARMLESS_DEMUXER_ERROR.test(message)) this.demuxerDamage ??= shown;
    if (DECODING_FAILED.test(message) || this.isChosenDecoder(source)) this.decoderDamage ??= shown;
  }

  /** Before a track is chosen, decoders report errors of tracks that will not be converted. */
  private isChosenDecoder(source: string): boolean {
    return this.choice !== null && source.replace(/^(dec:|aist#\d+:\d+\/)/, '') === this.choice.decoder;
  }
}

function count(pattern: RegExp, text: string): number | null {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
