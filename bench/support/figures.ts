import { appendFileSync } from 'node:fs';

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly must?: Bound;
  readonly aim?: Bound;
}

/** Adds figures to the table at the end of `npm run bench`, and to what `--json` prints. */
export function record(...figures: readonly Figure[]): void {
  // oxlint-disable-next-line node/no-process-env -- set by the test runner
  const file = process.env['BENCH_FIGURES'];
  if (file === undefined) return;
  for (const { must = null, aim = null, ...figure } of figures) {
    const met = must === null ? null : isWithin(figure.value, must);
    appendFileSync(file, `${JSON.stringify({ ...figure, must, aim, met })}\n`);
  }
}

function isWithin(value: number, bound: Bound): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** Prints the measurements as a Markdown table. */
export function report(title: string, figures: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(52)} ${rounded(value)}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

function rounded(value: string | number): string {
  return typeof value === 'string' ? value : String(Math.round(value * 100) / 100);
}
