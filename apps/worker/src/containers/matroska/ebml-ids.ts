export const EBML = 0x1a45dfa3;
export const SEGMENT = 0x18538067;
export const TRACKS = 0x1654ae6b;
export const CLUSTER = 0x1f43b675;
export const BLOCK_GROUP = 0xa0;
export const BLOCK = 0xa1;
export const SIMPLE_BLOCK = 0xa3;
export const VOID = 0xec;
export const CHECKSUM = 0xbf;
const SEGMENT_LISTS = [0x114d9b74, 0x1549a966, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367];
export const IN_SEGMENT = new Set([CLUSTER, TRACKS, ...SEGMENT_LISTS]);
/** The time, the position, and the size of the previous cluster are plain numbers. A longer one is a damaged block. */
export const CLUSTER_NUMBERS = new Set([0xe7, 0xa7, 0xab]);
export const LONGEST_NUMBER_BYTES = 8;
export const IN_CLUSTER = new Set([SIMPLE_BLOCK, BLOCK_GROUP, 0x5854, ...CLUSTER_NUMBERS]);
export const IN_GROUP = new Set([BLOCK, 0xa2, 0x75a1, 0x9b, 0xfa, 0xfb, 0xfd, 0xa4, 0x75a2, 0x8e, 0xc8]);
export const DISCARD_PADDING = 0x75a2;
export const BLOCK_DURATION = 0x9b;
export const TIMESTAMP = 0xe7;
export const INFO = 0x1549a966;
export const TIMESTAMP_SCALE = 0x2ad7b1;
/** The duration of the whole segment, in ticks. */
export const DURATION = 0x4489;
export const DEFAULT_TICK_NANOSECONDS = 1_000_000;
