import type { SourceStructure } from './source-structure.js';

/**
 * Limits the boxes, elements and laced frames of one file, without repeated padding. The largest number found in a real
 * file is 8.6 million: six hours of Opus in frames of 2.5 ms, with a Matroska block for each.
 */
const MAX_ELEMENTS = 64_000_000;
/**
 * Limits the bytes of boxes that are read as a whole. The largest number found in a real file is 231 MB: six hours of
 * video and audio with a fragment for every frame.
 */
const MAX_TABLE_BYTES = 1024 * 1024 * 1024;

/**
 * Limits the samples for which demuxers allocate a record: 50 bytes each, as measured, of the 1 GB that ffmpeg can use.
 * Six hours of video and audio have 2.3 million.
 */
const MAX_SAMPLES = 16_000_000;

/** The file declares more structure than its size or any real file justifies. No demuxer should open it. */
export class OversizedStructureError extends Error {
  override readonly name = 'OversizedStructureError';
}

/** Describes a file that is over its budget; throws any other error again. */
export function oversized(error: unknown): Pick<SourceStructure, 'damage' | 'isOversized'> {
  if (error instanceof OversizedStructureError) return { damage: error.message, isOversized: true };
  throw error;
}

/** Limits the work that the structure of one file can cause. It counts, because a time limit would reject more on a busy machine. */
export class StructureBudget {
  private elements = 0;
  private tableBytes = 0;
  private samples = 0;
  private sampleBytes = 0;

  constructor(
    private readonly fileBytes: number,
    private readonly maxElements = MAX_ELEMENTS,
    private readonly maxTableBytes = MAX_TABLE_BYTES,
  ) {}

  spendElements(count: number): void {
    this.elements += count;
    if (this.elements > this.maxElements) throw new OversizedStructureError(`more than ${this.maxElements} elements`);
  }

  spendTable(bytes: number): void {
    this.tableBytes += bytes;
    if (this.tableBytes > this.maxTableBytes)
      throw new OversizedStructureError(`more than ${this.maxTableBytes} bytes of tables`);
  }

  /**
   * Counts samples of all tracks that are declared by a single number: demuxers allocate memory for each.
   * @param bytesEach the size of one in the file
   * @param samplesInRecord the number of samples that share one record
   */
  spendSamples(count: number, bytesEach: number, samplesInRecord = 1): void {
    this.samples += count / samplesInRecord;
    this.sampleBytes += count * bytesEach;
    if (this.sampleBytes > this.fileBytes)
      throw new OversizedStructureError(`${count} samples declared in a file of ${this.fileBytes} bytes`);
    if (this.samples > MAX_SAMPLES) throw new OversizedStructureError(`more than ${MAX_SAMPLES} samples`);
  }
}
