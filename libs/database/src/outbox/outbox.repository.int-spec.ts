import { randomUUID } from 'node:crypto';
import { DatabaseFixture, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutboxRepository, type RecordedOutboxEvent } from './outbox.repository.js';

const idsOf = (events: readonly RecordedOutboxEvent[]): string[] => events.map(({ id }) => id).toSorted();

describe('OutboxRepository', () => {
  let fixture: DatabaseFixture;
  let sut: OutboxRepository;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new OutboxRepository(fixture.database);
  });
  beforeEach(() => fixture.database.rows('DELETE FROM outbox'));
  afterAll(() => fixture.remove());

  async function anEvent({ topic = 'mp3', ageSeconds = 0, dueInSeconds = 0 } = {}): Promise<string> {
    const id = randomUUID();
    await fixture.database.rows(
      `INSERT INTO outbox (id, topic, payload, correlation_id, traceparent, created_at, available_at)
       VALUES ($1, $2, $3, 'request-1', 'trace-1', now() - make_interval(secs => $4), now() + make_interval(secs => $5))`,
      [id, topic, { of: id }, ageSeconds, dueInSeconds],
    );
    return id;
  }

  it('returns what the message carries, and only events of the topic that are due', async () => {
    const id = await anEvent();
    await anEvent({ topic: 'other' });
    await anEvent({ dueInSeconds: 60 });
    const createdAt = expect.any(Date) as Date;
    expect(await sut.take('mp3', 100)).toEqual([
      { id, topic: 'mp3', payload: { of: id }, createdAt, correlationId: 'request-1', traceparent: 'trace-1' },
    ]);
  });

  it('holds taken events for half a minute', async () => {
    const id = await anEvent();
    await sut.take('mp3', 100);
    expect(await sut.take('mp3', 100)).toEqual([]);
    await passSeconds(25);
    expect(await sut.take('mp3', 100)).toEqual([]);
    await passSeconds(6);
    expect(idsOf(await sut.take('mp3', 100))).toEqual([id]);
    expect(await fixture.database.rows('SELECT attempts FROM outbox')).toEqual([{ attempts: 2 }]);
  });

  it('takes the oldest first, up to the limit', async () => {
    await fixture.database.rows(
      `INSERT INTO outbox (id, topic, payload) SELECT gen_random_uuid(), 'mp3', '{}' FROM generate_series(1, 150)`,
    );
    const oldest = await anEvent({ dueInSeconds: -60 });
    const first = await sut.take('mp3', 100);
    expect(idsOf(first)).toContain(oldest);
    const second = await sut.take('mp3', 100);
    expect(first.length).toBeLessThan(151);
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(151);
  });

  it('releases rejected events at once, and keeps the others held', async () => {
    const ids = [await anEvent(), await anEvent()];
    await sut.take('mp3', 100);
    await sut.release([ids[0] ?? '']);
    expect(idsOf(await sut.take('mp3', 100))).toEqual([ids[0]]);
  });

  it('removes confirmed events, and nothing else', async () => {
    const ids = [await anEvent(), await anEvent()];
    await sut.remove([ids[0] ?? '']);
    expect(idsOf(await sut.take('mp3', 100))).toEqual([ids[1]]);
  });

  it('gives an event that one relay is taking to no other, which takes the rest and does not wait', async () => {
    const held = await anEvent({ dueInSeconds: -60 });
    const free = await anEvent();
    let takes: Promise<RecordedOutboxEvent[]>[] = [];
    let settled = 0;
    await fixture.database.transaction(async (runner) => {
      await runner.query('SELECT FROM outbox WHERE id = $1 FOR UPDATE', [held]);
      takes = [sut, new OutboxRepository(fixture.connect())].map((relay) =>
        relay.take('mp3', 100).finally(() => (settled += 1)),
      );
      await waitFor(async () => settled + (await fixture.lockWaiters()) === 2, { what: 'both relays', intervalMs: 5 });
      expect(await fixture.lockWaiters()).toBe(0);
    });
    expect(idsOf((await Promise.all(takes)).flat())).toEqual([free]);
  });

  it('deletes events that are older than a week', async () => {
    const day = 86_400;
    await anEvent({ ageSeconds: 7 * day + 60 });
    const young = await anEvent({ ageSeconds: 7 * day - 60 });
    expect(await sut.dropExpired()).toBe(1);
    expect(idsOf(await sut.take('mp3', 100))).toEqual([young]);
  });

  it('deletes any number of them, in portions', async () => {
    await fixture.database.rows(
      `INSERT INTO outbox (id, topic, payload, created_at)
       SELECT gen_random_uuid(), 'mp3', '{}', now() - interval '8 days' FROM generate_series(1, 12000)`,
    );
    const young = await anEvent();
    const statements = vi.spyOn(fixture.database, 'rows');
    expect(await sut.dropExpired()).toBe(12_000);
    expect(statements.mock.results).toHaveLength(3);
    statements.mockRestore();
    expect(idsOf(await sut.take('mp3', 100))).toEqual([young]);
  });

  async function passSeconds(seconds: number): Promise<void> {
    await fixture.database.rows('UPDATE outbox SET available_at = available_at - make_interval(secs => $1)', [seconds]);
  }
});
