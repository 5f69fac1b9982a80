import { describe, expect, it } from 'vitest';
import { FfmpegLog } from './ffmpeg-log.js';

/** The log of ffmpeg 5.1 for an MP4, shortened. */
const WHOLE_RUN = `[verbose] Routing option codec_whitelist to both codec and muxer layer
[h264 @ 0x563b25465700] [error] Codec (h264) not on whitelist 'aac'
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x563b25464340] [warning] Failed to open codec in avformat_find_stream_info
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:source':
[info]   Metadata:
[info]     title           : Stream #0:9: Audio: opus
[info]   Duration: 01:02:03.45, start: 0.000000, bitrate: 284 kb/s
[info]   Stream #0:0[0x1](und): Video: h264 (Constrained Baseline), 1 reference frame (avc1 / 0x31637661), none, 160x90 (default)
[info]   Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 129 kb/s (default)
[info] Stream mapping:
[info]   Stream #0:1 -> #0:0 (aac (native) -> mp3 (libmp3lame))
[graph_0_in_0_1 @ 0x563b25518840] [verbose] tb:1/44100 samplefmt:fltp samplerate:44100 chlayout:stereo
[info] Output #0, mp3, to 'file:out.mp3':
[info]   Stream #0:0(und): Audio: mp3, 44100 Hz, stereo, fltp, delay 1105 (default)
[verbose] No more output streams to write to, finishing.
[verbose] Input file #0 (file:source):
[verbose]   Input stream #0:0 (video): 1 packets read (4343 bytes); 
[verbose]   Input stream #0:1 (audio): 346 packets read (129578 bytes); 345 frames decoded (353280 samples); 
[verbose]   Total: 347 packets (133921 bytes) demuxed
[verbose] Output file #0 (file:out.mp3):
[verbose]   Output stream #0:0 (audio): 307 frames encoded (353280 samples); 308 packets muxed (128731 bytes); 
`;

/** The same places as 7.1 words them. */
const NEWER_RUN = `[h264 @ 0x5] [error] Codec (h264) not on whitelist 'opus'
[info] Input #0, matroska,webm, from 'file:source':
[info]   Duration: N/A, start: -0.007000, bitrate: N/A
[info]   Stream #0:1(eng): Audio: opus, 48000 Hz, stereo, fltp (default)
[info] Stream mapping:
[info]   Stream #0:1 -> #0:0 (opus (libopus) -> mp3 (libmp3lame))
[graph_0_in_0:1 @ 0x5] [verbose] tb:1/48000 samplefmt:fltp samplerate:48000 chlayout:stereo
[in#0/matroska,webm @ 0x5] [verbose] Input file #0 (file:source):
[in#0/matroska,webm @ 0x5] [verbose]   Input stream #0:1 (audio): 401 packets read (159802 bytes); 401 frames decoded; 2 decode errors (384523 samples); 
[out#0/mp3 @ 0x5] [verbose]   Output stream #0:0 (audio): 334 frames encoded (384523 samples); 335 packets muxed (128640 bytes); 
`;

function read(text: string, pieceCharacters = text.length): FfmpegLog {
  const sut = new FfmpegLog();
  for (let at = 0; at < text.length; at += pieceCharacters) sut.push(text.slice(at, at + pieceCharacters));
  sut.end();
  return sut;
}

const before = WHOLE_RUN.slice(0, WHOLE_RUN.indexOf('[info] Output'));

describe('FfmpegLog', () => {
  it.each([WHOLE_RUN.length, 1, 7, 100])('reads a whole run, in pieces of %d characters', (pieceCharacters) => {
    const { facts } = read(WHOLE_RUN, pieceCharacters);
    expect(facts.durationMs).toBe(3_723_450);
    expect(facts.choice).toEqual({ streamIndex: 1, decoder: 'aac' });
    expect(facts.chosen).toEqual({ index: 1, type: 'Audio', codec: 'aac', layout: 'stereo', isDefault: true });
    expect(facts.input).toEqual({ packets: 346, samples: 353_280, decodeErrors: 0 });
    expect(facts.output).toEqual({ samples: 353_280, packets: 308, bytes: 128_731 });
    expect([...facts.decodedRates]).toEqual([44_100]);
    expect(facts.demuxerDamage ?? facts.decoderDamage).toBeNull();
  });

  it.each(['No space left on device', '[error] Input/output error', 'ffmpeg: Assertion failed'])(
    'ignores the second line of a title: %s',
    (line) => {
      const { facts, tail } = read(WHOLE_RUN.replace('Audio: opus\n', `Audio: opus\n${' '.repeat(22)}: ${line}\n`));
      expect([facts.has('noSpace'), facts.has('readError'), facts.decoderDamage]).toEqual([false, false, null]);
      expect(tail).toEqual(read(WHOLE_RUN).tail);
    },
  );

  it('takes no stream from the titles or the output', () => {
    expect(read(WHOLE_RUN).facts.streams.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('reads the words of newer versions', () => {
    const { facts } = read(NEWER_RUN);
    expect(facts.durationMs).toBeNull();
    expect(facts.choice).toEqual({ streamIndex: 1, decoder: 'libopus' });
    expect(facts.input).toEqual({ packets: 401, samples: 384_523, decodeErrors: 2 });
    expect(facts.output).toEqual({ samples: 384_523, packets: 335, bytes: 128_640 });
    expect(facts.decoderDamage).toContain('2 decode errors');
  });

  it.each([
    '[matroska,webm @ 0x5] [error] File ended prematurely',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] stream 1, offset 0x59be: partial file',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [warning] Packet corrupt (stream = 1, dts = 1024).',
    '[warning] file:source: corrupt input packet in stream 1',
    '[in#0/matroska,webm @ 0x5] [error] Error during demuxing: Input/output error',
  ])('takes as damage of the file: %s', (line) => {
    expect(read(`${before}${line}\n`).facts.demuxerDamage).not.toBeNull();
  });

  it.each([
    '[error] Error while decoding stream #0:1: Invalid data found when processing input',
    '[aac @ 0x5] [error] channel element 3.4 is not allocated',
    '[aist#0:1/aac @ 0x5] [dec:aac @ 0x6] [error] Error submitting packet to decoder: Invalid data found',
    '[aist#0:1/aac @ 0x5] [dec:aac @ 0x6] [error] Error processing packet in decoder: Invalid data found',
    '[aist#0:1/aac @ 0x5] [dec:aac @ 0x6] [error] Decoding error: Invalid data found when processing input',
    '[aist#0:1/aac @ 0x5] [fatal] Decode error rate 0.01 exceeds maximum 0',
  ])('takes as lost audio: %s', (line) => {
    expect(read(`${before}${line}\n`).facts.decoderDamage).not.toBeNull();
  });

  it.each([
    '[NULL @ 0x5] [error] missing picture in access unit with size 42',
    '[h264 @ 0x5] [error] Codec (h264) not on whitelist',
    '[opus @ 0x5] [error] something about a track that is not wanted',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] Referenced QT chapter track not found',
    '[mp3 @ 0x5] [error] Application provided invalid, non monotonically increasing dts to muxer',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [warning] Unknown cover type: 0x1.',
  ])('takes as harmless: %s', (line) => {
    const { facts } = read(`${before}${line}\n`);
    expect(facts.demuxerDamage ?? facts.decoderDamage).toBeNull();
  });

  it('counts how often the audio changes on its way', () => {
    const graph = (layout: string): string =>
      `[graph_0_in_0_1 @ 0x5] [verbose] tb:1/44100 samplefmt:fltp samplerate:44100 chlayout:${layout}\n`;
    expect(read(WHOLE_RUN).facts.formatChanges).toBe(0);
    expect(read(`${WHOLE_RUN}${graph('5.1')}${graph('stereo')}`).facts.formatChanges).toBe(2);
  });

  it('leaves what decoders say while ffmpeg still looks at all tracks', () => {
    const { facts } = read(`[aac @ 0x5] [error] channel element 3.4 is not allocated\n${WHOLE_RUN}`);
    expect(facts.decoderDamage).toBeNull();
  });

  it.each([
    ['[error] Output file #0 does not contain any stream', 'noAudio'],
    ["[hls @ 0x5] [error] Format not on whitelist 'mov,matroska,webm'", 'formatRejected'],
    ['[error] Error while opening decoder for input stream #0:1 : Invalid argument', 'noDecoder'],
    ['[aist#0:1/none @ 0x5] [error] Decoding requested, but no decoder found for: none', 'noDecoder'],
    ['[aist#0:1/aac @ 0x5] [dec:aac @ 0x6] [error] Error while opening decoder: Invalid data found', 'noDecoder'],
    ['[error] Cannot determine format of input stream 0:1 after EOF', 'nothingDecoded'],
    ['[amrnb @ 0x5] [warning] dtx mode is not implemented. Update your FFmpeg version', 'silenceFrames'],
    ['[amrwb @ 0x5] [warning] SID mode is not implemented. Update your FFmpeg version', 'silenceFrames'],
    ['[error] Error closing file out.mp3: No space left on device', 'noSpace'],
    ['[error] file:source: Cannot allocate memory', 'noMemory'],
    ['[error] file:source: Input/output error', 'readError'],
  ] as const)('hears %s', (line, word) => {
    expect(read(line).facts.has(word)).toBe(true);
    expect(read(WHOLE_RUN).facts.has(word)).toBe(false);
  });

  it('keeps the last lines of trouble only, and of endless ones their beginning', () => {
    const sut = read(`${WHOLE_RUN}${'[error] again\n'.repeat(1000)}[error] ${'x'.repeat(1_000_000)}\n`, 65_536);
    expect(sut.tail.length).toBeLessThanOrEqual(40);
    expect(Math.max(...sut.tail.map(({ length }) => length))).toBeLessThanOrEqual(4096);
  });

  it('keeps what has no level, such as an assertion', () => {
    expect(read("ffmpeg: quantize.c:2045: Assertion `bits' failed.").tail).toHaveLength(1);
  });
});
