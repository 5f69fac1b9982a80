import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaultProxy, testServices } from '@app/testing';
import { HttpFaultProxy, type Fault, type SeenRequest } from '../testing/http-fault-proxy.js';
import { createBucket, type MinioServer, type MinioSubject } from '../testing/minio-bucket.js';
import {
  bodyOf,
  bytesOf,
  expectNothingLeft,
  inFolder,
  newSourceKey,
  openBody,
  readAll,
  sha256,
  VIDEO,
} from '../testing/storage-subject.js';
import { DEFAULT_BOUNDS, type MinioBounds } from './minio-connection.js';
import { MinioObjectStorage } from './minio-object-storage.js';
import { partSizeBytes } from './part-plan.js';

const { minio } = testServices();
const PART_BYTES = partSizeBytes(1);
const UNAVAILABLE = { code: 'storage_unavailable', retryable: true };
/** Much more than a busy machine needs, and much less than the timeouts of the store. */
const PATIENT = { timeout: 120_000 };
const PASS: Fault = { kind: 'none' };

/** The silence that tests wait for. The real store must answer within it, even on a busy machine. */
const SHORT_MS = 1_500;
const SHORT_SILENCE: Partial<MinioBounds> = { idleTimeoutMs: SHORT_MS, lookupTimeoutMs: SHORT_MS };
const FEW_ATTEMPTS: Partial<MinioBounds> = { retry: { maxAttempts: 2, firstDelayMs: 10, budgetMs: 60_000 } };

const isPart = ({ method, query }: SeenRequest, part: number): boolean =>
  method === 'PUT' && query.get('partNumber') === String(part);
const isCompletion = ({ method, query }: SeenRequest): boolean => method === 'POST' && query.has('uploadId');

if (minio === null) {
  describe.skip('MinioObjectStorage under faults: skipped, TEST_STORAGE_ENDPOINT names no MinIO server');
} else {
  describe('MinioObjectStorage under faults', () => describeFaults(minio));
}

function describeFaults(server: MinioServer): void {
  let bucket: MinioSubject;
  let cleanUps: (() => Promise<void>)[];
  beforeEach(async () => {
    bucket = await createBucket(server);
    cleanUps = [];
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
    await bucket.stop();
  });

  const behindFaults = async (
    faultOf: (request: SeenRequest) => Fault,
    bounds: Partial<MinioBounds> = {},
  ): Promise<{ storage: MinioObjectStorage; proxy: HttpFaultProxy }> => {
    const proxy = await HttpFaultProxy.start(server.endpoint, faultOf);
    cleanUps.push(() => proxy.close());
    return { proxy, storage: bucket.connect({ endpoint: proxy.endpoint, bounds }) };
  };

  describe('while writing', () => {
    it.each<[string, Fault, number[]]>([
      ['breaks', { kind: 'reset' }, [1, 2, 1]],
      ['is rejected with 503', { kind: 'status', status: 503 }, [1, 2, 1]],
      ['is answered, but the answer is lost', { kind: 'lose-answer' }, [1, 2, 1]],
      ['is never answered', { kind: 'freeze' }, [1, 2, 1]],
    ])('resends a part that %s, and only that part', async (_name, fault, attempts) => {
      const { storage, proxy } = await behindFaults(
        (request) => (isPart(request, 2) && request.count === 1 ? fault : PASS),
        SHORT_SILENCE,
      );
      const key = newSourceKey();
      const bytes = bytesOf(2 * PART_BYTES + 100_000);
      await storage.write(key, bodyOf(bytes), VIDEO);
      expect([1, 2, 3].map((part) => proxy.seen.filter((seen) => isPart(seen, part)).length)).toEqual(attempts);
      expect(sha256(await readAll(bucket.storage, key))).toBe(sha256(bytes));
    });

    it('resends a small object', async () => {
      const { storage } = await behindFaults(({ method, count }) =>
        method === 'PUT' && count === 1 ? { kind: 'reset' } : PASS,
      );
      const key = newSourceKey();
      await storage.write(key, bodyOf(bytesOf(100)), VIDEO);
      expect((await bucket.storage.stat(key)).sizeBytes).toBe(100);
    });

    it('succeeds if the object was completed but the response was lost', async () => {
      const { storage, proxy } = await behindFaults((request) =>
        isCompletion(request) && request.count === 1 ? { kind: 'lose-answer' } : PASS,
      );
      const key = newSourceKey();
      const sizeBytes = PART_BYTES + 1;
      expect(await storage.write(key, bodyOf(bytesOf(sizeBytes)), VIDEO)).toEqual({ sizeBytes });
      expect(proxy.seen.filter(isCompletion)).toHaveLength(2);
      expect(await bucket.countIncomplete()).toBe(0);
    });

    it('fails after its attempts, removes the upload and does not destroy the body', async () => {
      const { storage, proxy } = await behindFaults(
        (request) => (isPart(request, 2) ? { kind: 'reset' } : PASS),
        FEW_ATTEMPTS,
      );
      const body = openBody(2 * PART_BYTES + 100_000);
      await expect(storage.write(newSourceKey(), body, VIDEO)).rejects.toMatchObject(UNAVAILABLE);
      expect(proxy.seen.filter((seen) => isPart(seen, 2))).toHaveLength(2);
      expect(body.destroyed).toBe(false);
      await expectNothingLeft(bucket);
    });

    it('rejects an object whose stored size differs', async () => {
      const key = newSourceKey();
      await bucket.storage.write(key, bodyOf(bytesOf(50)), VIDEO);
      const { storage } = await behindFaults(({ method }) =>
        method === 'PUT' ? { kind: 'status', status: 200 } : PASS,
      );
      await expect(storage.write(key, bodyOf(bytesOf(100)), VIDEO)).rejects.toMatchObject(UNAVAILABLE);
      await expectNothingLeft(bucket);
    });

    it('fails at once if the body fails while the store hangs', async () => {
      const { storage, proxy } = await behindFaults((request) => (isPart(request, 1) ? { kind: 'freeze' } : PASS));
      const untilFrozen = vi.waitFor(() => expect(proxy.frozen.size).toBe(1), PATIENT);
      const body = openBody(PART_BYTES + 100_000);
      const fault = new Error('The sender went away');
      const writing = storage.write(newSourceKey(), body, VIDEO);
      await Promise.all([expect(writing).rejects.toBe(fault), untilFrozen.then(() => body.destroy(fault))]);
      await vi.waitFor(() => expect(proxy.frozen.size).toBe(0), PATIENT);
      await expectNothingLeft(bucket);
    });

    it('does not wait for the clean-up beyond its timeout, and leaves the rest to the sweep', async () => {
      const { storage } = await behindFaults(
        (request) => (isPart(request, 1) || request.method === 'DELETE' ? { kind: 'freeze' } : PASS),
        { discardTimeoutMs: 50 },
      );
      const body = openBody(PART_BYTES + 100_000);
      const fault = new Error('The sender went away');
      const writing = storage.write(newSourceKey(), body, VIDEO);
      await Promise.all([
        expect(writing).rejects.toBe(fault),
        vi.waitFor(async () => expect(await bucket.countIncomplete()).toBe(1), PATIENT).then(() => body.destroy(fault)),
      ]);
      expect(await bucket.storage.removeIncompleteUploads(new Date(Date.now() + 1_000))).toBe(1);
      await expectNothingLeft(bucket);
    });
  });

  describe('while reading', () => {
    const sizeBytes = 3_000_000;
    const isGet = ({ method }: SeenRequest): boolean => method === 'GET';
    let key: string;
    beforeEach(async () => {
      key = newSourceKey();
      await bucket.storage.write(key, bodyOf(bytesOf(sizeBytes)), VIDEO);
    });

    it.each<[string, Fault]>([
      ['breaks half way', { kind: 'cut-body', afterBytes: sizeBytes / 2 }],
      ['falls silent half way', { kind: 'stall-body', afterBytes: sizeBytes / 2 }],
      ['breaks before its last byte', { kind: 'cut-body', afterBytes: sizeBytes - 1 }],
    ])('destroys a body that %s, instead of ending it', async (_name, fault) => {
      const { storage } = await behindFaults((request) => (isGet(request) ? fault : PASS), SHORT_SILENCE);
      const body = await storage.read(key);
      const onEnd = vi.fn();
      body.once('end', onEnd);
      await expect(buffer(body)).rejects.toMatchObject(UNAVAILABLE);
      expect(onEnd).not.toHaveBeenCalled();
    });

    it('leaves no local file if the body keeps breaking', async () => {
      const { storage } = await behindFaults(
        (request) => (isGet(request) ? { kind: 'cut-body', afterBytes: 100_000 } : PASS),
        FEW_ATTEMPTS,
      );
      await inFolder(async (folder) => {
        await expect(storage.fetchToFile(key, join(folder, 'source'))).rejects.toMatchObject(UNAVAILABLE);
      });
    });

    it('retries to open an object if the connection was lost before the response', async () => {
      const { storage } = await behindFaults((request) =>
        isGet(request) && request.count === 1 ? { kind: 'reset' } : PASS,
      );
      expect(sha256(await readAll(storage, key))).toBe(sha256(bytesOf(sizeBytes)));
    });

    it('does not time out a slow reader', async () => {
      const storage = bucket.connect({ bounds: SHORT_SILENCE });
      const large = newSourceKey();
      const bytes = bytesOf(20_000_000);
      await bucket.storage.write(large, bodyOf(bytes), VIDEO);
      const body = await storage.read(large);
      await once(body, 'readable');
      await delay(2 * SHORT_MS);
      expect(sha256(await buffer(body))).toBe(sha256(bytes));
    });
  });

  describe('while the store is unavailable', () => {
    it('times out every call to a frozen store', async () => {
      const bounds = { ...SHORT_SILENCE, ...FEW_ATTEMPTS, connectTimeoutMs: 300, discardTimeoutMs: 300 };
      const { storage } = await behindFaults(() => ({ kind: 'freeze' }), bounds);
      const key = newSourceKey();
      const calls = [
        storage.stat(key),
        storage.read(key),
        storage.delete(key),
        storage.check(),
        storage.prepare(),
        storage.removeIncompleteUploads(new Date()),
        storage.list('')[Symbol.asyncIterator]().next(),
        storage.write(key, bodyOf(bytesOf(100)), VIDEO),
        storage.write(newSourceKey(), openBody(PART_BYTES + 1), VIDEO),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
      }
    });

    it('times out a connection that is never established', async () => {
      const silent = createServer();
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      cleanUps.push(async () => void silent.close());
      const { port } = silent.address() as AddressInfo;
      const settings = { ...bucket.settings, endpoint: `127.0.0.1:${port}`, isSecure: true };
      const storage = new MinioObjectStorage(settings, { ...DEFAULT_BOUNDS, connectTimeoutMs: 200 });
      const cause = { message: 'No connection to the store within 200 ms' };
      await expect(storage.check()).rejects.toMatchObject({ ...UNAVAILABLE, cause });
    });

    it('survives a restart of the store during an upload', async () => {
      const [host = '', port] = server.endpoint.split(':');
      const proxy = await FaultProxy.start(host, Number(port));
      cleanUps.push(() => proxy.close());
      const storage = bucket.connect({ endpoint: `127.0.0.1:${proxy.port}` });
      const key = newSourceKey();
      const bytes = bytesOf(2 * PART_BYTES);
      const body = new PassThrough();
      const writing = storage.write(key, body, VIDEO);
      body.write(bytes.subarray(0, PART_BYTES + 1));
      await vi.waitFor(async () => expect(await bucket.countIncomplete()).toBe(1), PATIENT);
      await proxy.refuse();
      proxy.cut();
      body.end(bytes.subarray(PART_BYTES + 1));
      await delay(500);
      await proxy.refuse(false);
      expect(await writing).toEqual({ sizeBytes: bytes.length });
      expect(sha256(await readAll(bucket.storage, key))).toBe(sha256(bytes));
    });

    it('reports a missing bucket, and not its objects as missing', async () => {
      const elsewhere = await createBucket(server);
      await elsewhere.stop();
      const missingBucket = { ...UNAVAILABLE, message: expect.stringContaining(elsewhere.settings.bucket) as string };
      await expect(elsewhere.storage.check()).rejects.toMatchObject(missingBucket);
      await expect(elsewhere.storage.stat(newSourceKey())).rejects.toMatchObject(missingBucket);
      await expect(elsewhere.storage.read(newSourceKey())).rejects.toMatchObject(UNAVAILABLE);
    });

    it('does not retry after a permanent error', async () => {
      const { proxy } = await behindFaults(() => PASS);
      const storage = bucket.connect({ endpoint: proxy.endpoint, secretKey: 'not the secret' });
      await expect(storage.read(newSourceKey())).rejects.toMatchObject(UNAVAILABLE);
      expect(proxy.seen).toHaveLength(1);
    });
  });
}
