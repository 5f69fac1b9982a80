import { EnvironmentError } from '@app/config';
import { DomainError } from '@app/domain';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { retryUnavailable } from './retry-unavailable.js';

const away = new DomainError('broker_unavailable', {
  message: 'The message broker cannot be reached.',
  cause: new Error('connect ECONNREFUSED 127.0.0.1:5672\nmore'),
});

describe('retryUnavailable', () => {
  let said: MockInstance<typeof process.stderr.write>;

  beforeEach(() => {
    said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => said.mockRestore());

  it('retries an outage, and prints its reason once', async () => {
    const step = vi.fn().mockRejectedValueOnce(away).mockRejectedValueOnce(away).mockResolvedValueOnce('done');
    await expect(retryUnavailable(step, { retryForMs: 60_000, pauseMs: 0 })).resolves.toBe('done');
    expect(said.mock.calls.map(([text]) => text)).toEqual([
      'The message broker cannot be reached (connect ECONNREFUSED 127.0.0.1:5672). Trying again for up to a minute.\n',
    ]);
  });

  it('rejects with the last reason if the outage lasts', async () => {
    await expect(retryUnavailable(() => Promise.reject(away), { retryForMs: 0 })).rejects.toEqual(
      new EnvironmentError(['The message broker cannot be reached (connect ECONNREFUSED 127.0.0.1:5672).']),
    );
  });

  it.each([
    [
      new DomainError('configuration_invalid', { message: 'Check DATABASE_URL.' }),
      new EnvironmentError(['Check DATABASE_URL.']),
    ],
    [new TypeError('a fault'), new TypeError('a fault')],
  ])('does not retry what waiting cannot fix: %s', async (error, thrown) => {
    const step = vi.fn().mockRejectedValue(error);
    await expect(retryUnavailable(step)).rejects.toEqual(thrown);
    expect(step).toHaveBeenCalledTimes(1);
  });

  it('shows the code of an error that has no message', async () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const error = new DomainError('database_unavailable', { message: 'It cannot be reached.', cause });
    await expect(retryUnavailable(() => Promise.reject(error), { retryForMs: 0 })).rejects.toEqual(
      new EnvironmentError(['It cannot be reached (ECONNREFUSED).']),
    );
  });
});
