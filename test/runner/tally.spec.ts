import { describe, expect, it } from 'vitest';
import { Tally } from './tally.mjs';

function aFile(status: string, ...outcomes: string[]) {
  const assertionResults = outcomes.map((outcome, index) => ({ status: outcome, fullName: `test ${index}` }));
  return { name: 'a.spec.ts', status, assertionResults };
}

describe('Tally', () => {
  it('counts tests and checks together', () => {
    const sut = new Tally();
    sut.addCheck('lint', true);
    sut.addCheck('typecheck', false);
    sut.addReport('unit', { testResults: [aFile('failed', 'passed', 'passed', 'failed', 'pending')] }, 1);

    expect(String(sut)).toBe('3 passed, 2 failed');
    expect(sut.failures).toEqual(['typecheck', 'a.spec.ts: test 2']);
    expect(sut.skips).toEqual(['a.spec.ts: test 3']);
    expect(sut.isPassed).toBe(false);
  });

  it('counts missing programs as failures in CI only', () => {
    const sut = new Tally();
    sut.addMissing(['chromium'], false);
    expect(sut.failures).toEqual([]);
    sut.addMissing(['chromium'], true);
    expect(sut.failures).toEqual(['finding chromium']);
  });

  it('counts a file that could not be loaded', () => {
    const sut = new Tally();
    sut.addReport('int', { testResults: [aFile('failed')] }, 1);

    expect(sut.failures).toEqual(['a.spec.ts']);
  });

  it('counts a failure of vitest without a failed test', () => {
    const sut = new Tally();
    sut.addReport('int', { testResults: [aFile('passed', 'passed')] }, 1);
    sut.addReport('e2e', null, null);

    expect(sut.failures).toEqual(['int: vitest ended with exit code 1', 'e2e: vitest ended with exit code null']);
  });

  it('does not count an empty run as a success', () => {
    expect(new Tally().isPassed).toBe(false);
  });
});
