import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { testFfmpegPath } from './ffmpeg-run.js';

const run = promisify(execFile);

/** Returns the ffprobe that belongs to the ffmpeg of the tests; null if it has none. */
export function testFfprobePath(): string | null {
  const ffmpeg = testFfmpegPath();
  if (ffmpeg === 'ffmpeg') return 'ffprobe';
  const path = join(dirname(ffmpeg), 'ffprobe');
  return existsSync(path) ? path : null;
}

/** Returns where ffprobe finds the packets of all audio tracks of a file. */
export async function packetPositions(ffprobe: string, path: string): Promise<{ start: number; end: number }[]> {
  const args = ['-v', 'error', '-select_streams', 'a', '-show_entries', 'packet=size,pos', '-of', 'json', path];
  const { stdout } = await run(ffprobe, args, { maxBuffer: 1 << 28 });
  const { packets } = JSON.parse(stdout) as { packets: { pos: string; size: string }[] };
  return packets.map(({ pos, size }) => ({ start: Number(pos), end: Number(pos) + Number(size) }));
}
