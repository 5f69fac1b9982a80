import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ObjectSweepRepository } from '@app/database';
import { DirectoryObjectStorage, sourceKey } from '@app/storage';
import { DatabaseFixture } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyStorage } from './storage-identity.js';

describe('identifyStorage', () => {
  let fixture: DatabaseFixture;
  let sweep: ObjectSweepRepository;
  let folder: string;
  let storage: DirectoryObjectStorage;

  beforeEach(async () => {
    fixture = await DatabaseFixture.create();
    sweep = new ObjectSweepRepository(fixture.database);
    folder = await mkdtemp(join(tmpdir(), 'setup-'));
    storage = new DirectoryObjectStorage(folder);
    await storage.prepare();
  });
  afterEach(async () => {
    await fixture.remove();
    await rm(folder, { recursive: true });
  });

  const anObject = (): Promise<unknown> =>
    storage.write(sourceKey(randomUUID()), Readable.from([Buffer.from('x')]), { contentType: 'video/mp4' });
  const identify = (): Promise<boolean> => identifyStorage(storage, sweep);

  it('gives an empty store the identity of the database, once', async () => {
    expect(await identify()).toBe(true);
    const { identity } = await sweep.state();
    expect(await storage.readIdentity()).toBe(identity);
    await anObject();
    expect(await identify()).toBe(true);
  });

  it('takes over an empty store of another database', async () => {
    await storage.writeIdentity(randomUUID());
    expect(await identify()).toBe(true);
  });

  it('takes over the store of an earlier version, whose jobs are in the database', async () => {
    await anObject();
    await fixture.aJob(await fixture.aUser());
    expect(await identify()).toBe(true);
  });

  it.each([
    ['a new database beside a store of an earlier version', null],
    ['a store of another database', randomUUID()],
  ])('changes nothing for %s', async (_name, stored) => {
    await anObject();
    if (stored !== null) {
      await storage.writeIdentity(stored);
      await fixture.aJob(await fixture.aUser());
    }
    expect(await identify()).toBe(false);
    expect(await storage.readIdentity()).toBe(stored);
  });
});
