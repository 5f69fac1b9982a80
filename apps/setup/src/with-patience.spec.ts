import { EnvironmentError } from '@app/config';
import { DomainError } from '@app/domain';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { withPatience } from './with-patience.js';

const away = new DomainError('broker_unavailable', 'The message broker cannot be reached.', {
  retryable: true,
  cause: new Error('connect ECONNREFUSED 127.0.0.1:5672\nmore'),
});

describe('withPatience', () => {
  let said: MockInstance<typeof process.stderr.write>;

  beforeEach(() => {
    said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => said.mockRestore());

  it('tries again what may pass, and says why, but once', async () => {
    const step = vi.fn().mockRejectedValueOnce(away).mockRejectedValueOnce(away).mockResolvedValueOnce('done');
    await expect(withPatience(step, { patienceMs: 60_000, pauseMs: 0 })).resolves.toBe('done');
    expect(said.mock.calls.map(([text]) => text)).toEqual([
      'The message broker cannot be reached (connect ECONNREFUSED 127.0.0.1:5672). Trying again for up to a minute.\n',
    ]);
  });

  it('ends with the last reason where it does not pass', async () => {
    await expect(withPatience(() => Promise.reject(away), { patienceMs: 0 })).rejects.toEqual(
      new EnvironmentError(['The message broker cannot be reached (connect ECONNREFUSED 127.0.0.1:5672).']),
    );
  });

  it.each([
    [new DomainError('configuration_invalid', 'Check DATABASE_URL.'), new EnvironmentError(['Check DATABASE_URL.'])],
    [new TypeError('a fault'), new TypeError('a fault')],
  ])('does not try again what waiting cannot mend: %s', async (error, thrown) => {
    const step = vi.fn().mockRejectedValue(error);
    await expect(withPatience(step)).rejects.toEqual(thrown);
    expect(step).toHaveBeenCalledTimes(1);
  });

  it('names the code of an error that has no words', async () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const error = new DomainError('database_unavailable', 'It cannot be reached.', { retryable: true, cause });
    await expect(withPatience(() => Promise.reject(error), { patienceMs: 0 })).rejects.toEqual(
      new EnvironmentError(['It cannot be reached (ECONNREFUSED).']),
    );
  });
});
