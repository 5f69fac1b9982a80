import { expect, it } from 'vitest';
import { selectTests } from './selection.mjs';

const FILES = [
  'libs/domain/src/a.spec.ts',
  'libs/database/src/b.int-spec.ts',
  'test/c.e2e-spec.ts',
  'bench/d.bench-spec.ts',
  'test/e.lean-spec.ts',
];

it('runs everything by default', () => {
  expect(selectTests([], FILES)).toEqual({
    suites: ['unit', 'int', 'e2e', 'lean'],
    filters: [],
    withChecks: true,
    isUpdate: false,
    isLarge: false,
    isJson: false,
    rivalUrl: null,
  });
});

it('runs only the suites of the chosen files', () => {
  expect(selectTests(['libs/domain'], FILES)).toEqual({
    suites: ['unit'],
    filters: ['libs/domain'],
    withChecks: false,
    isUpdate: false,
    isLarge: false,
    isJson: false,
    rivalUrl: null,
  });
  expect(selectTests(['libs/'], FILES).suites).toEqual(['unit', 'int']);
});

it('can be limited to one suite', () => {
  expect(selectTests(['--suite', 'int'], FILES)).toMatchObject({ suites: ['int'], filters: [], withChecks: false });
  expect(selectTests(['--suite', 'int', 'test/'], FILES).suites).toEqual([]);
});

it('runs benchmarks only on request', () => {
  expect(selectTests(['bench/'], FILES).suites).toEqual([]);
  expect(selectTests(['--suite', 'bench'], FILES).suites).toEqual(['bench']);
});

it('selects benchmarks by name', () => {
  const files = [...FILES, 'bench/d-of-another.bench-spec.ts'];
  expect(selectTests(['--suite', 'bench', '--only', 'd', '--large'], files)).toMatchObject({
    suites: ['bench'],
    filters: ['bench/d.'],
    isLarge: true,
    isJson: false,
    rivalUrl: null,
  });
  expect(selectTests(['--suite', 'bench', '--only', 'none'], files).suites).toEqual([]);
});

it('updates documents only on request', () => {
  expect(selectTests(['--update', 'test/'], FILES)).toMatchObject({ filters: ['test/'], isUpdate: true });
});

it('rejects an unknown suite', () => {
  expect(() => selectTests(['--suite', 'integration'], FILES)).toThrow('unit, int, e2e, lean, bench');
});
