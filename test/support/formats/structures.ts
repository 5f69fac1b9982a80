import { readFile } from 'node:fs/promises';
import { lacedMatroska, type Lacing } from '@app/testing';
import { options, sweep, type Make } from './workbench.js';

export const STRUCTURES: Readonly<Record<string, Make>> = {
  'MP4 with its index at the start': fragmented('+faststart'),
  'MP4 in fragments': fragmented('frag_keyframe+empty_moov'),
  'MP4 with a fragment for each frame': fragmented('frag_every_frame+empty_moov+default_base_moof'),
  'MP4 for DASH': fragmented('dash+delay_moov+frag_keyframe'),
  'MP4 whose media box has a 64-bit size': async (bench) => bench.changed(await bench.clip(), withLargeMediaBox),
  'MP4 with a stated duration of 0': async (bench) => bench.changed(await bench.clip(), withDuration(0)),
  'MP4 with a stated duration of days': async (bench) => bench.changed(await bench.clip(), withDuration(0x7fffffff)),
  'MP4 with an archive after its end': async (bench) =>
    bench.changed(await bench.clip(), (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04\x14\0\0\0\x08\0more')])),
  'QuickTime without a file type box': async (bench) =>
    bench.changed(await bench.clip('mov', '-c:a', 'pcm_s16le'), (bytes) =>
      overwritten(bytes, 'ftyp', (at) => bytes.write('wide', at)),
    ),
  'MKV with short clusters': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), options('-c copy -cluster_time_limit 100')),
  'MKV with its index at the start': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), options('-c copy -cues_to_front 1')),
  'MKV with several frames in a block, EBML lacing': laced('ebml', 'aac'),
  'MKV with several frames in a block, Xiph lacing': laced('xiph', 'libvorbis'),
  'MKV with several frames in a block, fixed-size lacing': laced('fixed', 'ac3'),
  'MKV with several MP3 frames in a block': laced('ebml', 'libmp3lame'),
  'live MKV without sizes': laced('ebml', 'aac', { hasSizes: false }),
  'live WebM without sizes': async (bench) =>
    bench.made('webm', '-i', await bench.clip('webm', '-c:a', 'libopus'), options('-c copy -live 1')),
};

function fragmented(flags: string): Make {
  return async (bench) => bench.made('mp4', '-i', await bench.clip(), options(`-c copy -movflags ${flags}`));
}

function overwritten(bytes: Buffer, type: string, write: (at: number) => void): Buffer {
  for (let at = bytes.indexOf(type); at >= 0; at = bytes.indexOf(type, at + 1)) write(at);
  return bytes;
}

/** ffmpeg writes an empty box before the media, which has space for a longer size. */
function withLargeMediaBox(bytes: Buffer): Buffer {
  const at = bytes.indexOf('mdat') - 4;
  const size = bytes.readUInt32BE(at);
  bytes.writeUInt32BE(1, at - 8);
  bytes.write('mdat', at - 4);
  bytes.writeBigUInt64BE(BigInt(size + 8), at);
  return bytes;
}

/** The duration fields of the movie and of its media, which have the same position. */
function withDuration(ticks: number): (bytes: Buffer) => Buffer {
  return (bytes) =>
    ['mvhd', 'mdhd'].reduce((all, type) => overwritten(all, type, (at) => all.writeUInt32BE(ticks, at + 20)), bytes);
}

function laced(kind: Lacing['kind'], codec: string, { hasSizes } = { hasSizes: true }): Make {
  return async (bench) => {
    const plain = await bench.made('mkv', sweep(), '-c:a', codec);
    return bench.written('mkv', lacedMatroska(await readFile(plain), { kind, framesPerBlock: 5, hasSizes }));
  };
}
