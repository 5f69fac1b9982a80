import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ObjectSweepRepository, RetentionRepository, type Database, type User } from '@app/database';
import {
  DirectoryObjectStorage,
  MinioObjectStorage,
  outputKey,
  sourceKey,
  type ListedObject,
  type ObjectStorage,
} from '@app/storage';
import { DatabaseFixture, testServices } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Client } from 'minio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MaintenanceTasks } from './maintenance-tasks.js';
import { ObjectSweeper } from './object-sweeper.js';
import { StoreIdentity } from './store-identity.js';

const HOUR_MS = 3_600_000;
const MP3 = { contentType: 'audio/mpeg' };
/** Everything that exists is older, or younger. */
const ALL_IS_OLD = new Date(Date.now() + HOUR_MS);
const ALL_IS_YOUNG = new Date(Date.now() - HOUR_MS);

let fixture: DatabaseFixture;
let user: User;

beforeAll(async () => {
  Logger.overrideLogger(false);
  fixture = await DatabaseFixture.create();
  user = await fixture.aUser();
});
afterAll(async () => {
  Logger.overrideLogger(new Logger());
  await fixture.remove();
});

function aSweeper(storage: ObjectStorage, database: Database = fixture.database): ObjectSweeper {
  const progress = new ObjectSweepRepository(database);
  const identity = new StoreIdentity(storage, progress);
  return new ObjectSweeper(storage, new RetentionRepository(database), progress, identity, new MaintenanceTasks());
}

/** Sweeps as many slices as there are in a day. */
async function sweepAll(storage: ObjectStorage, before: Date): Promise<void> {
  const sut = aSweeper(storage);
  for (let slice = 0; slice < 16; slice += 1) {
    await fixture.database.rows('UPDATE object_sweep SET next_slice_at = now()');
    await sut.sweep(before);
  }
}

/** Prepares a store that belongs to the database of the test, at the beginning of a round. */
async function prepareOwn(storage: ObjectStorage): Promise<void> {
  await storage.prepare();
  await fixture.database.rows(
    `UPDATE object_sweep SET is_adopting = false, next_slice = 0, next_slice_at = now(), seen = 0, removed = 0,
       held_back = 0, confirmed_at = NULL`,
  );
  await storage.writeIdentity((await new ObjectSweepRepository(fixture.database).state()).identity);
}

async function store(storage: ObjectStorage, ...keys: string[]): Promise<void> {
  for (const key of keys) await storage.write(key, Readable.from([Buffer.from('x')]), MP3);
}

async function keysOf(storage: ObjectStorage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  return keys.toSorted();
}

function describeSweep(current: () => ObjectStorage): void {
  it('removes old sources and outputs that belong to no job', async () => {
    const storage = current();
    const known = await fixture.aJob(user);
    await store(storage, sourceKey(randomUUID()), outputKey(randomUUID(), 1, randomUUID()), sourceKey(known));
    await sweepAll(storage, ALL_IS_OLD);
    expect(await keysOf(storage)).toEqual([sourceKey(known)]);
  });

  it('leaves young objects alone: an upload may be about to be committed', async () => {
    const storage = current();
    const keys = [sourceKey(randomUUID()), outputKey(randomUUID(), 1, randomUUID())];
    await store(storage, ...keys);
    await sweepAll(storage, ALL_IS_YOUNG);
    expect(await keysOf(storage)).toEqual(keys.toSorted());
  });

  it('of a finished job keeps the winning output only', async () => {
    const storage = current();
    const jobId = randomUUID();
    const keys = [1, 2, 3].map((attempt) => outputKey(jobId, attempt, randomUUID()));
    await fixture.aJob(user, { id: jobId, status: 'DONE', output_key: keys[1] });
    await store(storage, ...keys);
    await sweepAll(storage, ALL_IS_OLD);
    expect(await keysOf(storage)).toEqual([keys[1]]);
  });

  it('of a running job keeps the source and the output of the current run', async () => {
    const storage = current();
    const token = randomUUID();
    const jobId = await fixture.aJob(user, { status: 'PROCESSING', lease_token: token });
    const running = outputKey(jobId, 2, token);
    await store(storage, sourceKey(jobId), outputKey(jobId, 1, randomUUID()), running);
    await sweepAll(storage, ALL_IS_OLD);
    expect(await keysOf(storage)).toEqual([running, sourceKey(jobId)].toSorted());
  });
}

describe('ObjectSweeper on a folder', () => {
  let folder: string;
  let storage: DirectoryObjectStorage;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweeper-'));
    storage = new DirectoryObjectStorage(folder);
    await prepareOwn(storage);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describeSweep(() => storage);

  it('looks at every object of a large store', async () => {
    const kept = sourceKey(await fixture.aJob(user));
    await store(storage, kept, ...Array.from({ length: 520 }, () => sourceKey(randomUUID())));
    await new ObjectSweepRepository(fixture.database).confirm();
    await sweepAll(storage, ALL_IS_OLD);
    expect(await keysOf(storage)).toEqual([kept]);
  });

  describe('when the database may be the wrong one', () => {
    const orphans = (count: number): string[] => Array.from({ length: count }, () => sourceKey(randomUUID()));
    const progress = (): ObjectSweepRepository => new ObjectSweepRepository(fixture.database);
    const check = (): Promise<void> => new StoreIdentity(storage, progress()).check();

    it.each([
      ['another identity', (): Promise<void> => storage.writeIdentity(randomUUID())],
      ['no identity', (): Promise<void> => rm(join(folder, 'identity'))],
    ])('removes nothing from a store with %s, until an operator adopts it', async (_name, change) => {
      await store(storage, ...orphans(3));
      await change();
      const before = await keysOf(storage);
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual(before);
      await expect(check()).rejects.toThrow('npm run admin -- storage adopt');

      await progress().setAdopting(true);
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual([]);
      await expect(check()).resolves.toBeUndefined();
    });

    it('stops before it removes more than 100 objects and 5 %, until an operator confirms it', async () => {
      await store(storage, ...orphans(300));
      await sweepAll(storage, ALL_IS_OLD);
      const left = await keysOf(storage);
      expect(left.length).toBeGreaterThanOrEqual(200);
      await expect(check()).rejects.toThrow('npm run admin -- storage confirm-sweep');
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual(left);

      await progress().confirm();
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual([]);
      await expect(check()).resolves.toBeUndefined();
    });

    it('removes 100 objects that are the whole store', async () => {
      await store(storage, ...orphans(100));
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual([]);
    });

    it('removes more than 100 objects that are less than 5 % of those it has looked at', async () => {
      await store(storage, ...orphans(150).map((key) => key.replace(/(?<=source\/)0/, '1')));
      await fixture.database.rows('UPDATE object_sweep SET next_slice = 1, seen = 10000');
      await sweepAll(storage, ALL_IS_OLD);
      expect(await keysOf(storage)).toEqual([]);
    });
  });

  it('sweeps a slice in one of several processes, and not again before it is due', async () => {
    const progress = new ObjectSweepRepository(fixture.database);
    const taken = await Promise.all(Array.from({ length: 5 }, () => progress.takeSlice(16, 5400)));
    expect(taken.filter((slice) => slice !== null)).toEqual([{ number: 0, seen: 0, removed: 0, isConfirmed: false }]);
    const first = `source/0${randomUUID().slice(1)}`;
    await store(storage, first);
    await aSweeper(storage).sweep(ALL_IS_OLD);
    expect(await keysOf(storage)).toEqual([first]);
  });

  it('checks the age of each object', async () => {
    const [old, young] = [sourceKey(randomUUID()), sourceKey(randomUUID())];
    await store(storage, old, young);
    const dayBefore = new Date(Date.now() - 25 * HOUR_MS);
    await utimes(join(folder, old), dayBefore, dayBefore);
    await sweepAll(storage, new Date(Date.now() - 24 * HOUR_MS));
    expect(await keysOf(storage)).toEqual([young]);
  });

  it('removes nothing while it cannot ask the database', async () => {
    await store(storage, sourceKey(randomUUID()));
    const before = await keysOf(storage);
    const database = fixture.connect('postgresql://nobody@127.0.0.1:1/none');
    const sut = aSweeper(storage, database);
    await expect(sut.sweep(ALL_IS_OLD)).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await keysOf(storage)).toEqual(before);
  });

  it('touches no key of another shape, should the store show one', async () => {
    const deleted: string[] = [];
    class SharedStorage extends DirectoryObjectStorage {
      override async *list(prefix: string): AsyncIterable<ListedObject> {
        yield { key: `${prefix}backup.tar`, lastModified: new Date(0) };
        yield* super.list(prefix);
      }
      override async delete(key: string): Promise<void> {
        deleted.push(key);
        return super.delete(key);
      }
    }
    const orphan = sourceKey(randomUUID());
    await store(storage, orphan);
    await sweepAll(new SharedStorage(folder), ALL_IS_OLD);
    expect(deleted).toEqual([orphan]);
  });
});

const { minio } = testServices();
const onMinio = minio === null ? 'on MinIO: skipped, TEST_STORAGE_ENDPOINT names no MinIO server' : 'on MinIO';
describe.skipIf(minio === null)(`ObjectSweeper ${onMinio}`, () => {
  let storage: MinioObjectStorage;
  let client: Client;
  let bucket: string;

  beforeEach(async () => {
    if (minio === null) return;
    const { endpoint, accessKey, secretKey } = minio;
    bucket = `test-${randomUUID()}`;
    storage = new MinioObjectStorage({ endpoint, accessKey, secretKey, isSecure: false, bucket, region: 'us-east-1' });
    await prepareOwn(storage);
    const [endPoint = '', port] = endpoint.split(':');
    client = new Client({ endPoint, port: Number(port), useSSL: false, accessKey, secretKey });
  });
  afterEach(async () => {
    const names: string[] = [];
    for await (const { name } of client.listObjectsV2(bucket, '', true) as AsyncIterable<{ name: string }>)
      names.push(name);
    await client.removeObjects(bucket, names);
    await client.removeBucket(bucket);
    await storage.onApplicationShutdown();
  });

  describeSweep(() => storage);

  it('touches nothing that somebody else put into the bucket', async () => {
    await client.putObject(bucket, 'source/backup.tar', 'x');
    await client.putObject(bucket, 'backup/source', 'x');
    await sweepAll(storage, ALL_IS_OLD);
    const [inside, beside] = [
      await client.statObject(bucket, 'source/backup.tar'),
      client.statObject(bucket, 'backup/source'),
    ];
    expect([inside.size, (await beside).size]).toEqual([1, 1]);
  });
});
