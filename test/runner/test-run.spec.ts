import { describe, expect, it } from 'vitest';
import { vitestArguments } from './test-run.mjs';

describe('what vitest is asked to run', () => {
  it('is what the paths name, also where it writes documents', () => {
    const filters = ['test/formats'];
    expect(vitestArguments('e2e', { filters, isUpdate: false }, 'report.json').at(-1)).toBe('test/formats');
    expect(vitestArguments('e2e', { filters, isUpdate: true }, 'report.json').slice(-2)).toEqual([
      'test/formats',
      '--update',
    ]);
  });
});
