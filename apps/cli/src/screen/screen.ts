import type { Conversion } from '../conversion/conversion.js';

/** What users see of a run. */
export interface Screen {
  begin(conversions: readonly Conversion[]): void;
  changed(conversion: Conversion): void;
  /** Shows a message that concerns all files. */
  note(text: string): void;
  /** Ends all drawing. */
  end(): void;
}
