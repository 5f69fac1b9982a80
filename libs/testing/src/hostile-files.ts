import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg } from './ffmpeg-run.js';
import { makeClip } from './media.js';

/** A file with the name of a video whose content makes ffmpeg read other files or connect to a server. */
export interface HostileFile {
  readonly path: string;
  /** Options that make an uncontained ffmpeg obey the file; null if that leaves no trace. */
  readonly trustingOptions: readonly string[] | null;
}

interface Surroundings {
  /** Contains the secrets that hostile files refer to; see `writeSecrets`. */
  readonly folder: string;
  /** The port of a listener that counts connections. */
  readonly port: number;
}

type Writer = (surroundings: Surroundings) => Promise<HostileFile>;

/** Newer versions detect this format by the file name only. */
const AS_HLS = ['-f', 'hls'];
const ANY_PROTOCOL = ['-protocol_whitelist', 'file,http,tcp,crypto,data'];

export const HOSTILE_FILES = {
  'an HLS playlist of a file': text(({ folder }) => playlist(`file://${folder}/secret.ts`), AS_HLS),
  'an HLS playlist of a sibling': text(() => playlist('secret.ts'), AS_HLS),
  'an HLS playlist of an address': text(
    ({ port }) => playlist(`http://127.0.0.1:${port}/a.ts`),
    [...ANY_PROTOCOL, ...AS_HLS],
  ),
  'a DASH manifest of an address': text(({ port }) => manifest(`http://127.0.0.1:${port}/a.mp4`), ANY_PROTOCOL),
  'a DASH manifest of a file': text(({ folder }) => manifest(`${folder}/secret.mp4`), ANY_PROTOCOL),
  'a concat script of a sibling': text(() => 'ffconcat version 1.0\nfile secret.mp4\n', []),
  'a concat script of an address': text(
    ({ port }) => `ffconcat version 1.0\nfile http://127.0.0.1:${port}/a.mp4\n`,
    [...ANY_PROTOCOL, '-safe', '0'],
  ),
  'a session description': text(({ port }) => sessionDescription(port), null),
  'a text': text(() => 'the text that must not be read', null),
  'an image sequence': images,
  'a QuickTime movie with its audio in another file': externalReference,
} satisfies Record<string, Writer>;

export type HostileKind = keyof typeof HOSTILE_FILES;

/** Writes the audio files that hostile files refer to. An output with their audio shows that they were read. */
export async function writeSecrets(folder: string): Promise<void> {
  const clip = await makeClip({ video: false });
  await ffmpeg(['-i', clip, '-f', 'mpegts', '-y', join(folder, 'secret.ts')]);
  await ffmpeg(['-i', clip, '-c', 'copy', '-y', join(folder, 'secret.mp4')]);
}

function text(
  content: (surroundings: Surroundings) => string,
  trustingOptions: HostileFile['trustingOptions'],
): Writer {
  return async (surroundings) => {
    const path = join(surroundings.folder, 'hostile.mp4');
    await writeFile(path, content(surroundings));
    return { path, trustingOptions };
  };
}

function playlist(uri: string): string {
  return `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:3,\n${uri}\n#EXT-X-ENDLIST\n`;
}

function manifest(uri: string): string {
  const representation = `<Representation id="1" bandwidth="128000"><BaseURL>${uri}</BaseURL></Representation>`;
  const period = `<Period><AdaptationSet mimeType="audio/mp4">${representation}</AdaptationSet></Period>`;
  const attributes = 'xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT3S"';
  return `<?xml version="1.0"?><MPD ${attributes} profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">${period}</MPD>`;
}

function sessionDescription(port: number): string {
  return `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`;
}

async function images({ folder }: Surroundings): Promise<HostileFile> {
  const path = join(folder, 'hostile%03d.mp4');
  const [first, second] = await Promise.all([jpeg(), jpeg()]);
  await writeFile(path, Buffer.concat([first, second]));
  await writeFile(join(folder, 'hostile001.mp4'), first);
  return { path, trustingOptions: null };
}

function jpeg(): Promise<Buffer> {
  return ffmpeg(
    [
      ['-f', 'lavfi', '-i', 'testsrc=s=32x32', '-frames:v', '1'],
      ['-c:v', 'mjpeg', '-f', 'image2pipe', 'pipe:1'],
    ].flat(),
  );
}

/**
 * Returns the movie box of the secret with a data reference to the path of the secret, and with silence as its own
 * data.
 */
async function externalReference({ folder }: Surroundings): Promise<HostileFile> {
  const target = join(folder, 'secret.mp4');
  const secret = await readFile(target);
  const movie = withDataReference(secret.subarray(secret.indexOf('moov') - 4), dataReference(target));
  const path = join(folder, 'hostile.mp4');
  await writeFile(
    path,
    Buffer.concat([box('ftyp', Buffer.from('qt  \0\0\0\0qt  ')), movie, box('mdat', Buffer.alloc(secret.length))]),
  );
  return { path, trustingOptions: ['-enable_drefs', '1', '-use_absolute_path', '1'] };
}

function withDataReference(movie: Buffer, reference: Buffer): Buffer {
  const at = movie.indexOf('dref') - 4;
  const oldBytes = movie.readUInt32BE(at);
  const changed = Buffer.concat([movie.subarray(0, at), reference, movie.subarray(at + oldBytes)]);
  for (const parent of ['moov', 'trak', 'mdia', 'minf', 'dinf']) {
    const start = movie.lastIndexOf(parent, at) - 4;
    changed.writeUInt32BE(movie.readUInt32BE(start) + reference.length - oldBytes, start);
  }
  return changed;
}

/** A Macintosh alias record: fixed fields, then the absolute path, then an end mark. */
function dataReference(target: string): Buffer {
  const path = Buffer.from(target.length % 2 === 0 ? target : `${target}\0`);
  const pathField = Buffer.concat([uint16(2), uint16(path.length), path]);
  const alias = box('alis', Buffer.alloc(4), Buffer.alloc(150), pathField, uint16(0xffff), uint16(0));
  return box('dref', Buffer.alloc(4), uint32(1), alias);
}

function box(type: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type), body]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
