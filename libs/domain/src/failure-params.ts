/** Formats by the names that users know. Sentences name no others. */
export const FORMAT_NAMES = [
  'AC-4',
  'ADPCM',
  'AMR with comfort noise',
  'ATRAC',
  'MACE',
  'Musepack',
  'QDesign Music',
  'RealAudio',
  'Speex',
  'TTA',
  'WavPack',
  'Windows Media Audio',
  'xHE-AAC',
] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** The parameters of a failure's sentence: a closed set, never text from a file or from ffmpeg. Stored with the job. */
export interface FailureParams {
  readonly format?: FormatName;
  readonly layout?: 'ambisonic';
  readonly channels?: number;
  readonly seconds?: number;
}

const MAX_NUMBER = 1_000_000_000;

/** Reads stored parameters. Ignores what another version may have added. */
export function readFailureParams(stored: unknown): FailureParams {
  if (typeof stored !== 'object' || stored === null) return {};
  const { format, layout, channels, seconds } = stored as Readonly<Record<string, unknown>>;
  const name = FORMAT_NAMES.find((known) => known === format);
  return {
    ...(name !== undefined && { format: name }),
    ...(layout === 'ambisonic' && { layout }),
    ...(isCount(channels) && { channels }),
    ...(isCount(seconds) && { seconds }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_NUMBER;
}

/** 90 → "90 seconds", 21 600 → "6 hours". */
export function durationText(seconds: number): string {
  const [unit, size] = [['hour', 3600] as const, ['minute', 60] as const].find(([, each]) => seconds % each === 0) ?? [
    'second',
    1,
  ];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
