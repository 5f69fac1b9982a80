import type { SourceStructure } from './source-structure.js';

/**
 * Boxes, elements and laced frames of one file, padding that repeats itself left out. The most that a real file was found to have is
 * 8.6 million: six hours of Opus in frames of 2.5 ms, one Matroska block each.
 */
const MAX_ELEMENTS = 64_000_000;
/**
 * Bytes of boxes that are read as a whole. The most that a real file was found to have is 231 MB: six hours of video
 * and audio with a fragment for every frame.
 */
const MAX_TABLE_BYTES = 1024 * 1024 * 1024;

/**
 * Samples that demuxers keep a record of: 50 bytes each, measured, of the 1 GB that ffmpeg is given. Six hours of video
 * and audio have 2.3 million.
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

/** Bounds what the structure of one file may cost. It counts and measures no time: a busy machine rejects nothing more. */
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
   * Counts samples that a single number declares, of all tracks: demuxers allocate memory for each.
   * @param bytesEach what one takes in the file
   * @param samplesInRecord how many share one record
   */
  spendSamples(count: number, bytesEach: number, samplesInRecord = 1): void {
    this.samples += count / samplesInRecord;
    this.sampleBytes += count * bytesEach;
    if (this.sampleBytes > this.fileBytes)
      throw new OversizedStructureError(`${count} samples declared in a file of ${this.fileBytes} bytes`);
    if (this.samples > MAX_SAMPLES) throw new OversizedStructureError(`more than ${MAX_SAMPLES} samples`);
  }
}
