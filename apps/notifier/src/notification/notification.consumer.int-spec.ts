import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NotifierUnderTest } from '../../test/notifier-under-test.js';

interface Row {
  readonly event_id: string;
  readonly target: string;
  readonly event_type: string;
  readonly facts: object;
}

describe('NotificationConsumer', () => {
  let sut: NotifierUnderTest;

  beforeAll(async () => {
    sut = await NotifierUnderTest.prepare();
    await sut.start();
  });
  afterEach(() => sut.fixture.database.rows('DELETE FROM deliveries'));
  afterAll(async () => {
    await sut?.stop();
    await sut?.remove();
  });

  const rows = (): Promise<Row[]> =>
    sut.fixture.database.rows<Row & object>('SELECT event_id, target, event_type, facts FROM deliveries');

  const recorded = (count: number): Promise<Row[]> =>
    waitFor(
      async () => {
        const all = await rows();
        return all.length === count ? all : null;
      },
      { what: `${count} deliveries` },
    );

  it.each([
    ['DONE', 'conversion.done'],
    ['FAILED', 'conversion.failed'],
    ['CANCELED', 'conversion.canceled'],
  ] as const)('records what is to be delivered of a job that is %s', async (status, event_type) => {
    const error = status === 'FAILED' ? 'corrupt_source' : null;
    const id = await sut.finish({ status, error, callback_url: 'https://example.org/done' });

    expect(await recorded(1)).toMatchObject([
      {
        event_id: id,
        target: 'callback:https://example.org',
        event_type,
        facts: { status, error, filename: 'clip.mp4', duration_ms: 5000, output_size: 81_000, revision: 3 },
      },
    ]);
  });

  it('keeps where to deliver out of what is delivered', async () => {
    await sut.finish({ callback_url: 'https://example.org/done?token=secret' });
    const [row] = await recorded(1);
    expect(Object.keys(row?.facts ?? {}).toSorted()).toEqual([
      'duration_ms',
      'error',
      'filename',
      'job_id',
      'output_size',
      'revision',
      'status',
    ]);
  });

  it('records an event once, however often its message comes', async () => {
    const id = await sut.finish({ callback_url: 'https://example.org/done' });
    for (let copy = 0; copy < 5; copy += 1) await sut.finish({ callback_url: 'https://example.org/done' }, id);
    await sut.finish({ callback_url: 'https://example.org/last' });
    expect(new Set((await recorded(2)).map(({ event_id }) => event_id)).size).toBe(2);
  });

  it('holds a message while the database is away, and records it afterwards', async () => {
    await sut.database.refuse();
    sut.database.cut();
    await sut.finish({ callback_url: 'https://example.org/done' });
    await waitFor(async () => (await sut.virtualHost.messageCount('mp3')) === 0, { what: 'the delivery' });
    await sut.database.refuse(false);
    expect(await recorded(1)).toHaveLength(1);
  });

  it('dead-letters what it cannot read', async () => {
    await sut.publishRaw('{"type": "conversion.finished"}');
    await waitFor(async () => (await sut.virtualHost.messageCount('mp3.dead')) === 1, { what: 'the dead letter' });
  });
});
