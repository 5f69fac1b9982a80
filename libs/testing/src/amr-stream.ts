/** The bytes of a frame in each mode, without its first byte. */
const NARROW_BYTES = [12, 13, 15, 17, 19, 20, 26, 31];
const WIDE_BYTES = [17, 23, 32, 36, 40, 46, 50, 58, 60];
const FRAMES_PER_SECOND = 50;
const GOOD_QUALITY = 4;

export interface AmrStream {
  readonly kind: 'narrow' | 'wide';
  readonly seconds: number;
  /** Adds frames of comfort noise, like recorders that detect silence. */
  readonly hasPauses?: boolean;
}

/**
 * Makes an AMR file (RFC 4867), because ffmpeg has no encoder for it. All bits of a frame are parameters of the speech
 * model and none is a checksum, so any bits are a valid frame. The frames are noise, in every mode in turn.
 */
export function amrStream({ kind, seconds, hasPauses = false }: AmrStream): Buffer {
  const sizes = kind === 'wide' ? WIDE_BYTES : NARROW_BYTES;
  const random = noise();
  const frames = Array.from({ length: seconds * FRAMES_PER_SECOND }, (_, index) => {
    if (hasPauses && index % 10 === 9) return frame(sizes.length, 5, random);
    const mode = index % sizes.length;
    return frame(mode, sizes[mode] ?? 0, random);
  });
  return Buffer.concat([Buffer.from(kind === 'wide' ? '#!AMR-WB\n' : '#!AMR\n'), ...frames]);
}

function frame(mode: number, length: number, random: () => number): Buffer {
  return Buffer.from([(mode << 3) | GOOD_QUALITY, ...Array.from({ length }, random)]);
}

/** Returns the same bytes each time. */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
}
