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
