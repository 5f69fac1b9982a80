import type { DomainError } from '@app/domain';
import { audioPackets, fragments, type MediaPacket } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIO_KINDS, videosWith } from '../../../../test/support/formats/matrix.js';
import { Workbench } from '../../../../test/support/formats/workbench.js';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

const POSITIONS = { beginning: 0, middle: 0.5, end: 1 };
/** So many in a row: more than the one whose loss may be the rounding of a time. */
const PACKETS = 12;
/** Longer than any packet, its time rounded. */
const PACKET_MS = 100;
/** MP4 and QuickTime have the same tables, so one of them is enough. */
const CONTAINERS = [['mp4', 'mov', '3gp'], ['mkv'], ['webm']];
/** Raw samples, in whichever form: two forms stand for all. */
const CODECS = Object.keys(AUDIO_KINDS).filter((name) => !/^PCM, (?!16 bit$|A-law)/.test(name));
/** Their decoders make less of damaged packets, or nothing, without a word. */
const SILENT = ['MP3', 'MP2', 'Opus', 'Vorbis'];

let fixture: TranscoderFixture;
let bench: Workbench;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
  bench = new Workbench(fixture.folder);
});

afterAll(() => fixture.remove());

interface Damage {
  /** Returns false where this file cannot be damaged so. */
  readonly apply: (bytes: Buffer, packets: readonly MediaPacket[]) => boolean;
  /** True if the time stamps then have a gap, which explains the missing audio. */
  readonly leavesHole?: boolean;
}

const zero = (bytes: Buffer, packets: readonly MediaPacket[]): boolean => {
  for (const { start, length } of packets) bytes.fill(0, start, start + length);
  return packets.length > 0;
};
const shorten = (packets: readonly MediaPacket[], bytesOf: (packet: MediaPacket) => number): boolean => {
  for (const packet of packets) packet.shorten?.(bytesOf(packet));
  return packets.every((packet) => packet.shorten !== null && packet.length > 8);
};

const DAMAGES: Readonly<Record<string, Damage>> = {
  'zeros in its packets': { apply: zero },
  'packets cut in half': { apply: (_, packets) => shorten(packets, ({ length }) => length >> 1) },
  'packets left out': { apply: (_, packets) => shorten(packets, () => 0), leavesHole: true },
};

type Videos = readonly (readonly [container: string, path: string])[];

const made = new Map<string, Promise<Videos>>();

function videos(name: string): Promise<Videos> {
  const making = made.get(name) ?? makeVideos(name);
  made.set(name, making);
  return making;
}

async function makeVideos(name: string): Promise<Videos> {
  const audio = AUDIO_KINDS[name];
  const all = audio === undefined ? [] : await videosWith(audio, bench);
  return CONTAINERS.flatMap((kinds) => all.filter(([container]) => kinds.includes(container)).slice(0, 1));
}

/** Returns the duration of the MP3; null if the source was rejected as damaged. */
async function convertedMs(source: string): Promise<number | null> {
  return fixture.transcode(source).then(
    ({ durationMs }) => durationMs,
    (error: unknown) => {
      // In AMR, ffmpeg mistakes a damaged frame for comfort noise.
      expect(['corrupt_source', 'unsupported_format']).toContain((error as DomainError).code);
      return null;
    },
  );
}

async function damagedCopy(path: string, share: number, count: number, damage: Damage): Promise<string | null> {
  let isDamaged = false;
  const source = await fixture.changed(path, (bytes) => {
    const packets = audioPackets(bytes);
    const first = Math.floor((packets.length - count) * share);
    isDamaged = damage.apply(bytes, packets.slice(first, first + count));
    return bytes;
  });
  return isDamaged ? source : null;
}

describe.each(CODECS)('%s', (name) => {
  it.each(Object.entries(DAMAGES))('with %s is never converted in part', async (_, damage) => {
    let tried = 0;
    for (const [container, path] of await videos(name)) {
      const whole = (await convertedMs(path)) ?? 0;
      expect(whole).toBeGreaterThan(0);
      for (const [position, share] of Object.entries(POSITIONS)) {
        const source = await damagedCopy(path, share, PACKETS, damage);
        if (source === null) continue;
        const durationMs = await convertedMs(source);
        tried++;
        if (damage.leavesHole === true || durationMs === null) continue;
        expect(durationMs, `${container}, at the ${position}`).toBeGreaterThan(whole - PACKET_MS);
      }
    }
    expect(tried > 0 || name.startsWith('PCM') || damage.apply !== zero).toBe(true);
  });

  it('whose last third is zeros is never converted in part', async () => {
    for (const [container, path] of await videos(name)) {
      const whole = await convertedMs(path);
      const source = await fixture.changed(path, (bytes) => {
        const packets = audioPackets(bytes);
        zero(bytes, packets.slice(Math.floor((packets.length * 2) / 3)));
        return bytes;
      });
      const durationMs = await convertedMs(source);
      if (SILENT.includes(name)) expect(durationMs, container).toBeNull();
      else expect(durationMs ?? Infinity, container).toBeGreaterThan((whole ?? 0) - PACKET_MS);
    }
  });
});

describe('an intact file whose times are not exact', () => {
  const sweep = ['-f', 'lavfi', '-i', 'sine=440:d=60'];

  it.each(['aac', 'libmp3lame', 'libopus', 'libvorbis', 'flac', 'ac3', 'pcm_s16le'])(
    'is converted: %s by a clock that is slow or fast, or with holes in it',
    async (codec) => {
      const exact = await bench.remade('mkv', sweep, '-c:a', codec);
      const changes = ['setts=ts=TS*1.0003', 'setts=ts=TS*0.9997', 'setts=ts=TS+1000*gte(N\\,500)'];
      for (const change of changes) {
        const source = await bench.remade('mkv', '-i', exact, '-c', 'copy', '-bsf:a', change);
        expect(await convertedMs(source), change).toBeGreaterThan(59_900);
      }
    },
  );

  it.each(['libopus', 'aac'])('is converted: %s that is not sent in pauses', async (codec) => {
    const exact = await bench.remade('mkv', sweep, '-c:a', codec);
    const speech = await fixture.changed(exact, (bytes) => {
      for (const [index, packet] of audioPackets(bytes).slice(0, -1).entries()) {
        if (index % 100 > 60 && index % 20 !== 0) packet.shorten?.(0);
      }
      return bytes;
    });
    expect(await convertedMs(speech)).toBeGreaterThan(30_000);
  });
});

describe.each(['AAC-LC', 'MP3', 'MP2', 'Opus', 'Vorbis', 'FLAC', 'AC-3'])('%s in fragments', (name) => {
  async function fragmented(): Promise<string> {
    const [[, path] = ['', '']] = await videos(name);
    const options = [
      '-movflags',
      'frag_keyframe+delay_moov+default_base_moof',
      '-frag_duration',
      '300000',
      '-strict',
      '-2',
    ];
    return bench.remade('mp4', '-i', path, '-c', 'copy', ...options);
  }

  it.each(Object.entries(POSITIONS))('with zeros at the %s is never converted in part', async (_, share) => {
    const path = await fragmented();
    const whole = (await convertedMs(path)) ?? 0;
    expect(whole).toBeGreaterThan(0);
    const source = await damagedCopy(path, share, PACKETS, { apply: zero });
    expect((await convertedMs(source ?? '')) ?? Infinity).toBeGreaterThan(whole - PACKET_MS);
  });

  it('without one fragment has a gap in its time stamps, and is converted', async () => {
    const source = await fixture.changed(await fragmented(), (bytes) => {
      const { start = 0, end = 0 } = fragments(bytes)[2] ?? {};
      expect(end).toBeGreaterThan(start);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    });
    expect(await convertedMs(source)).toBeGreaterThan(1000);
  });

  it('with zeros from a fragment to the end is damaged, and without these fragments it is converted', async () => {
    const path = await fragmented();
    const ending = async (replacement: (rest: Buffer) => Buffer): Promise<number | null> =>
      convertedMs(
        await fixture.changed(path, (bytes) => {
          const all = fragments(bytes);
          const { start = 0 } = all[Math.floor((all.length * 2) / 3)] ?? {};
          expect(start).toBeGreaterThan(0);
          return Buffer.concat([bytes.subarray(0, start), replacement(bytes.subarray(start))]);
        }),
      );
    expect(await ending((rest) => Buffer.alloc(rest.length))).toBeNull();
    expect(await ending(() => Buffer.alloc(0))).toBeGreaterThan(1000);
  });

  it('that is two videos, one after the other, is damaged, because players stop at the second one', async () => {
    const path = await fragmented();
    const source = await fixture.changed(path, (bytes) => Buffer.concat([bytes, bytes]));
    expect(await convertedMs(source)).toBeNull();
  });
});
