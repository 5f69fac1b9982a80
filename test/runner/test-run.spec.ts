import { describe, expect, it } from 'vitest';
import { vitestArguments } from './test-run.mjs';

describe('the arguments of vitest', () => {
  it('select the given paths, also when documents are updated', () => {
    const filters = ['test/formats'];
    expect(vitestArguments('e2e', { filters, isUpdate: false }, 'report.json').at(-1)).toBe('test/formats');
    expect(vitestArguments('e2e', { filters, isUpdate: true }, 'report.json').slice(-2)).toEqual([
      'test/formats',
      '--update',
    ]);
  });
});
