import type { Conversion } from '../conversion/conversion.js';

/** What people see of a run. */
export interface Screen {
  begin(conversions: readonly Conversion[]): void;
  changed(conversion: Conversion): void;
  /** Something that concerns all files. */
  note(text: string): void;
  /** Nothing moves any more. */
  end(): void;
}
