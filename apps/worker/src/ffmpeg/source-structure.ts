export interface SourceTrack {
  readonly isSound: boolean;
  readonly isEncrypted: boolean;
  /** How many packets the file holds for this track, where that can be counted. */
  readonly packets: number | null;
  /** Why this track cannot be whole. */
  readonly damage: string | null;
}

/** What the file's own boxes or elements tell, without a decoder. */
export interface SourceStructure {
  readonly container: 'iso' | 'ebml' | 'unknown';
  /** In the order in which ffmpeg numbers them. */
  readonly tracks: readonly SourceTrack[];
  /** Why the file cannot be whole; null when nothing speaks against it. */
  readonly damage: string | null;
}
