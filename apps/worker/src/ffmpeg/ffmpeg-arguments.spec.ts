import { describe, expect, it } from 'vitest';
import { encodeArguments, AUDIO_DECODERS } from './ffmpeg-arguments.js';

const args = argumentsFor(0);

function argumentsFor(tagBytes: number): string[] {
  return encodeArguments({
    sourcePath: '/jobs/1/source',
    outputPath: '/jobs/1/output.mp3',
    maxDurationSeconds: 60,
    tagBytes,
  });
}

describe('encodeArguments', () => {
  it.each([
    ['protocols', '-protocol_whitelist', 'file'],
    ['containers', '-format_whitelist', 'mov,matroska,webm'],
    ['decoders', '-codec_whitelist', AUDIO_DECODERS.join(',')],
  ])('allows few %s, and says so before the input that they hold for', (_, option, value) => {
    const at = args.indexOf(option);
    expect(args[at + 1]).toBe(value);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(args.indexOf('-i'));
  });

  it('names both files with a protocol, so that no name is taken for an option, a pattern or an address', () => {
    expect(args[args.indexOf('-i') + 1]).toBe('file:/jobs/1/source');
    expect(args.at(-1)).toBe('file:/jobs/1/output.mp3');
  });

  it('leaves the choice of the track to ffmpeg', () => {
    expect(args).not.toContain('-map');
    expect(args).toEqual(expect.arrayContaining(['-vn', '-sn', '-dn']));
  });

  it('encodes one second more than allowed', () => {
    expect(args[args.indexOf('-t') + 1]).toBe('61');
  });

  it.each([0, 500])(
    "takes over none of the source's tags and chapters, with room for a tag of %d bytes",
    (tagBytes) => {
      expect(argumentsFor(tagBytes).join(' ')).toContain(' -map_metadata -1 -map_chapters -1 ');
    },
  );

  it('leaves room for a tag where there will be one', () => {
    expect(args.join(' ')).toContain(' -id3v2_version 0 ');
    expect(argumentsFor(500).join(' ')).toContain(' -metadata_header_padding 500 ');
    expect(argumentsFor(500)).not.toContain('-id3v2_version');
  });

  it('reads no standard input', () => {
    expect(args).toContain('-nostdin');
  });
});

describe('a section', () => {
  const encoder = { sampleRate: 44_100, layout: 'mono', format: 'fltp' } as const;
  const filterOf = (startSample: number, endSample: number | null): string | undefined => {
    const options = {
      sourcePath: '/jobs/1/source',
      outputPath: '/jobs/1/part.mp3',
      maxDurationSeconds: 60,
      tagBytes: 0,
    };
    const section = { encoder, startSample, endSample };
    const sectionArgs = encodeArguments({ ...options, section });
    return sectionArgs[sectionArgs.indexOf('-af') + 1];
  };

  it('is cut by samples of what the encoder gets', () => {
    expect(filterOf(1152, 2304)).toBe(
      'aformat=sample_fmts=fltp:sample_rates=44100:channel_layouts=mono,atrim=start_sample=1152:end_sample=2304,asetpts=N/SR/TB',
    );
    expect(filterOf(1152, null)).toContain('atrim=start_sample=1152,');
  });

  it('is not there without one', () => {
    expect(args).not.toContain('-af');
  });
});

describe('AUDIO_DECODERS', () => {
  it('holds no decoder of pictures', () => {
    expect(AUDIO_DECODERS.filter((name) => /264|hevc|vp\d|av1|mpeg4|jpeg|png|magicyuv|text/.test(name))).toEqual([]);
  });
});
