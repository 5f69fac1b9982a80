import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { figuresTable, readFigures } from './bench-figures.mjs';

const FIGURES = [
  { name: 'status', value: 2345.6, unit: 'requests/s', must: { atLeast: 2000 }, aim: { atLeast: 3000 }, met: true },
  { name: 'p99', value: 50.128, unit: 'ms', must: { atMost: 50 }, aim: null, met: false },
  { name: 'CPU of an upload', value: 3, unit: 'ms', must: null, aim: null, met: null },
];

describe('figures of benchmarks', () => {
  it('are shown with what they must and aim to be', () => {
    expect(figuresTable(FIGURES).split('\n')).toEqual([
      '| figure           | value           | must   | aim    | met |',
      '| ---------------- | --------------- | ------ | ------ | --- |',
      '| status           | 2346 requests/s | ≥ 2000 | ≥ 3000 | yes |',
      '| p99              | 50.13 ms        | ≤ 50   |        | NO  |',
      '| CPU of an upload | 3 ms            |        |        |     |',
    ]);
  });

  it('are read from the file that the benchmarks write, or from none', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'figures-')), 'figures');
    expect(readFigures(file)).toEqual([]);
    await writeFile(file, FIGURES.map((figure) => `${JSON.stringify(figure)}\n`).join(''));
    expect(readFigures(file)).toEqual(FIGURES);
  });
});
