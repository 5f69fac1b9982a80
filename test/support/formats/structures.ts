import { readFile } from 'node:fs/promises';
import { lacedMatroska, type Lacing } from '@app/testing';
import { options, sweep, type Make } from './workbench.js';

export const STRUCTURES: Readonly<Record<string, Make>> = {
  'MP4 with its index in front': fragmented('+faststart'),
  'MP4 in fragments': fragmented('frag_keyframe+empty_moov'),
  'MP4 with a fragment for each frame': fragmented('frag_every_frame+empty_moov+default_base_moof'),
  'MP4 for DASH': fragmented('dash+delay_moov+frag_keyframe'),
  'MP4 whose media box has a 64 bit size': async (bench) => bench.changed(await bench.clip(), withLargeMediaBox),
  'MP4 that declares a length of 0': async (bench) => bench.changed(await bench.clip(), withDuration(0)),
  'MP4 that declares a length of days': async (bench) => bench.changed(await bench.clip(), withDuration(0x7fffffff)),
  'MP4 with an archive behind its end': async (bench) =>
    bench.changed(await bench.clip(), (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04\x14\0\0\0\x08\0more')])),
  'QuickTime from before file types were written': async (bench) =>
    bench.changed(await bench.clip('mov', '-c:a', 'pcm_s16le'), (bytes) =>
      overwritten(bytes, 'ftyp', (at) => bytes.write('wide', at)),
    ),
  'MKV of short clusters': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), options('-c copy -cluster_time_limit 100')),
  'MKV with its index in front': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), options('-c copy -cues_to_front 1')),
  'MKV of several frames to a block, EBML lacing': laced('ebml', 'aac'),
  'MKV of several frames to a block, Xiph lacing': laced('xiph', 'libvorbis'),
  'MKV of several frames to a block, all of one size': laced('fixed', 'ac3'),
  'MKV of several MP3 frames to a block': laced('ebml', 'libmp3lame'),
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
