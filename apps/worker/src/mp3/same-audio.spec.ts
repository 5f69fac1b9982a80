import { describe, expect, it } from 'vitest';
import { readMp3Header } from './mp3-header.js';
import { haveSameAudio, type Mp3Frame } from './same-audio.js';

/** 128 kbit/s, 44.1 kHz, stereo: 100 bytes of audio that begin so far before the frame. */
function frame(backBytes: number, fill = 1): Mp3Frame {
  const bytes = Buffer.alloc(417, fill);
  bytes.writeUInt32BE(0xfffb9000);
  bytes.fill(0, 4, 36);
  bytes.writeUInt16BE(backBytes << 7, 4);
  bytes.writeUInt16BE(800, 6);
  const header = readMp3Header(bytes, 0);
  if (header === null) throw new Error('no frame');
  return { bytes, header };
}

describe('haveSameAudio', () => {
  it('compares frames from the given one on', () => {
    expect(haveSameAudio([frame(0, 1), frame(50)], [frame(0, 1), frame(50)], 1)).toBe(true);
    expect(haveSameAudio([frame(0, 1), frame(0)], [frame(0, 2), frame(0)], 1)).toBe(true);
    expect(haveSameAudio([frame(0, 1), frame(0)], [frame(0, 2), frame(0)], 0)).toBe(false);
  });

  it('compares main data that lies in an earlier frame', () => {
    expect(haveSameAudio([frame(0, 1), frame(50)], [frame(0, 2), frame(50)], 1)).toBe(false);
  });

  it('takes frames as different if their main data begins before all of them, or is cut', () => {
    expect(haveSameAudio([frame(50)], [frame(50)], 0)).toBe(false);
    const cut = { ...frame(0), bytes: frame(0).bytes.subarray(0, 100) };
    expect(haveSameAudio([cut], [cut], 0)).toBe(false);
  });

  it('takes no frames as different, and runs of different length', () => {
    expect(haveSameAudio([frame(0)], [frame(0)], 1)).toBe(false);
    expect(haveSameAudio([frame(0), frame(0)], [frame(0)], 0)).toBe(false);
  });
});
