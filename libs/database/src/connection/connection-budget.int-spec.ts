import { DatabaseFixture, waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionBudget } from './connection-budget.js';

describe('ConnectionBudget', () => {
  let fixture: DatabaseFixture;
  let maximum: number;
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    const [row] = await fixture.database.rows<{ maximum: number }>(
      `SELECT current_setting('max_connections')::int AS maximum`,
    );
    maximum = row?.maximum ?? 0;
  });
  beforeEach(() => warn.mockClear());
  afterAll(async () => {
    warn.mockRestore();
    await fixture.remove();
  });

  it('is silent if PostgreSQL has enough connections left', async () => {
    await new ConnectionBudget(fixture.database, 1).check();
    expect(warn).not.toHaveBeenCalled();
  });

  it('warns if it has too few: reserved ones do not count', async () => {
    // One is in use by the question itself.
    await new ConnectionBudget(fixture.database, maximum - 1).check();
    expect(warn.mock.calls[0]?.[0]).toContain(`PostgreSQL allows ${maximum} connections (3 of them reserved)`);
    expect(warn.mock.calls[0]?.[0]).toContain('Raise max_connections');
  });

  it('checks at the start, as soon as the database answers', async () => {
    const rows = vi
      .fn()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue([{ maximum: 10, reserved: 3, used: 6 }]);
    const sut = new ConnectionBudget({ rows }, 2);
    sut.onApplicationBootstrap();
    await waitFor(() => warn.mock.calls.length > 0, { what: 'the warning' });
    sut.onApplicationShutdown();
    expect(warn.mock.calls[0]?.[0]).toContain('needs up to 2');
  });
});
