import { CONVERSION_STATUSES, FAILURES } from '@app/domain';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../apps/api/src/http/problem-details.js';
import { REFUSALS, type PublicCode } from '../apps/api/src/openapi/refusals.js';
import { API_DOCUMENT } from './support/api-document.js';
import { tableRows } from './support/markdown-table.js';

describe('docs/api.md', () => {
  it('names every problem code with its status and what leads to it, and no other', () => {
    const codes = Object.keys(REFUSALS) as PublicCode[];
    const expected = codes.map((code) => `${statusOf(code)} ${code}: ${REFUSALS[code].when}`);
    const written = tableRows(API_DOCUMENT, 'problem status').map(
      ([status, code, when]) => `${status} ${code}: ${when}`,
    );
    expect(written.toSorted()).toEqual(expected.toSorted());
  });

  it('names every failure code with its sentence and how often it is tried again, and no other', () => {
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
