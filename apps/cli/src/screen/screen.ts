import type { Conversion } from '../conversion/conversion.js';

/** The display of a run's progress and results. */
export interface Screen {
  begin(conversions: readonly Conversion[]): void;
  changed(conversion: Conversion): void;
  /** Shows a message that concerns all files. */
  note(text: string): void;
  /** Ends all drawing. */
  end(): void;
}
