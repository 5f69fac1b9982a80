import { randomUUID } from 'node:crypto';
import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import type { Webhook } from './webhook.entity.js';
import { MAX_WEBHOOKS_PER_USER, WebhookRepository } from './webhook.repository.js';

describe('WebhookRepository', () => {
  let fixture: DatabaseFixture;
  let sut: WebhookRepository;
  let user: User;
  let other: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new WebhookRepository(fixture.database);
  });
  beforeEach(async () => {
    [user, other] = [await fixture.aUser(), await fixture.aUser()];
  });
  afterAll(() => fixture.remove());

  async function aWebhook(): Promise<Webhook> {
    const created = await create();
    if (created === null) throw new Error('No webhook was added');
    return created;
  }

  function create(): Promise<Webhook | null> {
    const values = { url: 'https://example.org/hook', events: ['conversion.done'], secret: Buffer.from('one') };
    return sut.create({ id: randomUUID(), userId: user.id, ...values });
  }

  const passDays = (id: string, days: number): Promise<unknown> =>
    fixture.database.rows(
      `UPDATE webhooks SET failing_since = failing_since - make_interval(days => $2) WHERE id = $1`,
      [id, days],
    );

  it('shows, changes and deletes a webhook for its owner only', async () => {
    const { id } = await aWebhook();
    expect(await sut.findOwned(id, other.id)).toBeNull();
    expect(await sut.change(id, other.id, { url: 'https://evil.example.org/' })).toBeNull();
    expect(await sut.rotateSecret(id, other.id, Buffer.from('two'))).toBeNull();
    expect(await sut.delete(id, other.id)).toBe(false);
    expect(await sut.list(other.id)).toEqual([]);
    expect(await sut.list(user.id)).toMatchObject([
      { id, url: 'https://example.org/hook', secret: Buffer.from('one') },
    ]);
    expect(await sut.delete(id, user.id)).toBe(true);
    expect(await sut.list(user.id)).toEqual([]);
  });

  it('bounds the webhooks of a user, however many are added at once', async () => {
    const added = await Promise.all(Array.from({ length: MAX_WEBHOOKS_PER_USER + 5 }, create));
    expect(added.filter((webhook) => webhook === null)).toHaveLength(5);
    expect(await sut.list(user.id)).toHaveLength(MAX_WEBHOOKS_PER_USER);
  });

  it('changes what is given, and leaves the rest', async () => {
    const { id } = await aWebhook();
    const changed = await sut.change(id, user.id, { events: ['conversion.failed'] });
    expect(changed).toMatchObject({ url: 'https://example.org/hook', events: ['conversion.failed'], disabledAt: null });
    expect(await sut.change(id, user.id, { isEnabled: false })).toMatchObject({ disabledReason: 'owner' });
    expect(await sut.findEnabled(id)).toBeNull();
    expect(await sut.change(id, user.id, { isEnabled: true })).toMatchObject({
      disabledAt: null,
      disabledReason: null,
    });
  });

  it('keeps the secret before a rotation for a day', async () => {
    const { id } = await aWebhook();
    const rotated = await sut.rotateSecret(id, user.id, Buffer.from('two'));
    expect(rotated).toMatchObject({ secret: Buffer.from('two'), previousSecret: Buffer.from('one') });
    expect(Math.round(((rotated?.previousSecretUntil?.getTime() ?? 0) - Date.now()) / 3_600_000)).toBe(24);
  });

  it('disables a webhook that has failed for five days, and tells of it once', async () => {
    const { id } = await aWebhook();
    expect(await sut.recordFailure(id)).toBe(false);
    await passDays(id, 4);
    expect(await sut.recordFailure(id)).toBe(false);
    await passDays(id, 2);
    expect(await sut.recordFailure(id)).toBe(true);
    expect(await sut.recordFailure(id)).toBe(false);
    expect(await sut.findOwned(id, user.id)).toMatchObject({ disabledReason: 'failing' });
  });

  it('forgets failures after a success', async () => {
    const { id } = await aWebhook();
    await sut.recordFailure(id);
    await passDays(id, 6);
    await sut.recordSuccess(id);
    expect(await sut.recordFailure(id)).toBe(false);
  });

  it('disables a webhook that is gone, once', async () => {
    const { id } = await aWebhook();
    expect([await sut.markGone(id), await sut.markGone(id)]).toEqual([true, false]);
    expect(await sut.findOwned(id, user.id)).toMatchObject({ disabledReason: 'gone' });
  });
});
