import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeLock, type AdvisoryLock } from './advisory-locks.js';
import { rowsOf } from './database.js';

interface Settings {
  readonly commit: string;
  readonly lock: string;
  readonly idle: string;
}

const SETTINGS = `SELECT current_setting('synchronous_commit') AS commit, current_setting('lock_timeout') AS lock,
  current_setting('idle_in_transaction_session_timeout') AS idle`;

describe('a transaction under an advisory lock', () => {
  let fixture: DatabaseFixture;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
  });
  afterAll(() => fixture.remove());

  /** On one connection: the settings under the lock, and those after the transaction. */
  function settingsUnder(lock: AdvisoryLock): Promise<{ during?: Settings; before?: Settings; after?: Settings }> {
    return fixture.database.use(async (runner) => {
      const [before] = await rowsOf<Settings>(runner, SETTINGS);
      await runner.startTransaction();
      // The server of the tests may not wait for its disk at all.
      await rowsOf(runner, `SET LOCAL synchronous_commit = 'on'`);
      await takeLock(runner, lock);
      const [during] = await rowsOf<Settings>(runner, SETTINGS);
      await runner.commitTransaction();
      const [after] = await rowsOf<Settings>(runner, SETTINGS);
      return { during, before, after };
    });
  }

  it('is bounded, and waits for the disk only if what it commits must not be lost', async () => {
    expect((await settingsUnder('dispatch')).during).toEqual({ commit: 'off', lock: '2s', idle: '3s' });
    expect((await settingsUnder('reconcile')).during).toEqual({ commit: 'on', lock: '2s', idle: '3s' });
  });

  it('leaves the settings of its connection as they were', async () => {
    const { before, after } = await settingsUnder('dispatch');
    expect(after).toEqual(before);
  });
});
