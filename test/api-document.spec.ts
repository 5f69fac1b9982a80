import { CONVERSION_STATUSES, FAILURES, PROBLEMS } from '@app/domain';
import { describe, expect, it } from 'vitest';
import { PUBLIC_CODES } from '../apps/api/src/openapi/public-problems.js';
import { API_DOCUMENT } from './support/api-document.js';
import { tableRows } from './support/markdown-table.js';

describe('docs/api.md', () => {
  it('names every problem code with its status and its condition, and no other', () => {
    const expected = PUBLIC_CODES.map((code) => `${PROBLEMS[code].status} ${code}: ${PROBLEMS[code].when}`);
    const written = tableRows(API_DOCUMENT, 'problem status').map(
      ([status, code, when]) => `${status} ${code}: ${when}`,
    );
    expect(written.toSorted()).toEqual(expected.toSorted());
  });

  it('names every failure code with its sentence and its retries, and no other', () => {
    const expected = Object.entries(FAILURES).map(([code, failure]) => {
      if (!failure.retryable) return [code, failure.message, 'no'];
      return [code, failure.message, 'maxAttempts' in failure && failure.maxAttempts === 2 ? 'once' : 'yes'];
    });
    expect(tableRows(API_DOCUMENT, 'failure code')).toEqual(expected);
  });

  it('names every status, and no other', () => {
    expect(tableRows(API_DOCUMENT, 'job status').map(([status]) => status)).toEqual(CONVERSION_STATUSES);
  });
});
