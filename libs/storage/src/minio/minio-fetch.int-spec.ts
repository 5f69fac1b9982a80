import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { testServices } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PART_BYTES } from '../download/byte-ranges.js';
import type { ByteRange } from '../object-storage.js';
import { HttpFaultProxy, type Fault, type SeenRequest } from '../testing/http-fault-proxy.js';
import { createBucket, type MinioServer, type MinioSubject } from '../testing/minio-bucket.js';
import { bodyOf, bytesOf, inFolder, newSourceKey, sha256, VIDEO } from '../testing/storage-subject.js';
import type { MinioBounds } from './minio-connection.js';
import type { MinioObjectStorage } from './minio-object-storage.js';

const { minio } = testServices();
const UNAVAILABLE = { code: 'storage_unavailable', retryable: true };
const PASS: Fault = { kind: 'none' };
const FEW_ATTEMPTS: Partial<MinioBounds> = { retry: { maxAttempts: 2, firstDelayMs: 10, budgetMs: 60_000 } };
const SIZE_BYTES = 6 * PART_BYTES + 1_000;
const SECOND_PART = `${PART_BYTES}-${2 * PART_BYTES - 1}`;
const BYTES = bytesOf(SIZE_BYTES);

if (minio === null) {
  describe.skip('MinioObjectStorage.fetchToFile: skipped, TEST_STORAGE_ENDPOINT names no MinIO server');
} else {
  describe('MinioObjectStorage.fetchToFile', () => describeFetching(minio));
}

function describeFetching(server: MinioServer): void {
  let bucket: MinioSubject;
  let proxy: HttpFaultProxy;
  let storage: MinioObjectStorage;
  let key: string;
  let faultOf: (request: SeenRequest) => Fault;
  const use = (bounds: Partial<MinioBounds>): void => {
    storage = bucket.connect({ endpoint: proxy.endpoint, bounds });
  };
  beforeEach(async () => {
    bucket = await createBucket(server);
    faultOf = () => PASS;
    proxy = await HttpFaultProxy.start(server.endpoint, (request) => faultOf(request));
    use({});
    key = newSourceKey();
    await bucket.storage.write(key, bodyOf(BYTES), VIDEO);
  });
  afterEach(async () => {
    await proxy.close();
    await bucket.stop();
  });

  const requested = (): string[] => proxy.seen.map(({ range }) => range ?? '').toSorted();
  /** Runs the action with the path of a file that has to be there afterwards. */
  const intoFile = (action: (path: string) => Promise<void>): Promise<void> =>
    inFolder((folder) => action(join(folder, 'source')), ['source']);
  /** Runs the action with the path of a file that must not be there afterwards. */
  const intoNothing = (action: (path: string) => Promise<void>): Promise<void> =>
    inFolder((folder) => action(join(folder, 'source')));

  it('reads each part of a large object once', async () => {
    await intoFile(async (path) => {
      const whole = { sizeBytes: SIZE_BYTES, fetchedBytes: SIZE_BYTES, requests: 7, isSparse: false };
      expect(await storage.fetchToFile(key, path)).toEqual(whole);
      expect(sha256(await readFile(path))).toBe(sha256(BYTES));
    });
    expect(new Set(requested()).size).toBe(7);
    expect(proxy.seen).toHaveLength(7);
  });

  it('reads a few parts at a time, and stops them on abort', async () => {
    faultOf = ({ range }) => (range?.startsWith('0-') ? PASS : { kind: 'freeze' });
    const [abort, reason] = [new AbortController(), new Error('Enough')];
    await intoNothing(async (path) => {
      const fetching = storage.fetchToFile(key, path, { signal: abort.signal });
      const stopped = expect(fetching).rejects.toBe(reason);
      await vi.waitFor(() => expect(proxy.frozen.size).toBe(4), { timeout: 120_000 });
      abort.abort(reason);
      await stopped;
      await vi.waitFor(() => expect(proxy.frozen.size).toBe(0), { timeout: 120_000 });
    });
    expect(proxy.seen).toHaveLength(5);
  });

  it.each<[string, Fault]>([
    ['breaks', { kind: 'cut-body', afterBytes: 3_000_000 }],
    ['falls silent', { kind: 'stall-body', afterBytes: 3_000_000 }],
  ])('continues a part that %s, where it stopped', async (_name, fault) => {
    use({ idleTimeoutMs: 1_500 });
    faultOf = ({ range }) => (range === SECOND_PART ? fault : PASS);
    await intoFile(async (path) => {
      const { requests, fetchedBytes } = await storage.fetchToFile(key, path);
      expect({ requests, fetchedBytes }).toEqual({ requests: 8, fetchedBytes: SIZE_BYTES });
      expect(sha256(await readFile(path))).toBe(sha256(BYTES));
    });
    const [rest] = requested().filter((range) => range.endsWith(SECOND_PART.slice(-9)) && range !== SECOND_PART);
    expect(Number.parseInt(rest ?? '', 10)).toBeGreaterThan(PART_BYTES + 256 * 1024);
  });

  it.each<[string, Fault]>([
    ['keeps breaking', { kind: 'cut-body', afterBytes: 1_000 }],
    ['keeps being rejected', { kind: 'status', status: 503 }],
  ])('fails if a part %s', async (_name, fault) => {
    use(FEW_ATTEMPTS);
    faultOf = ({ range }) => (range?.startsWith(`${PART_BYTES}-`) ? fault : PASS);
    await intoNothing((path) => expect(storage.fetchToFile(key, path)).rejects.toMatchObject(UNAVAILABLE));
    expect(requested().filter((range) => range === SECOND_PART)).toHaveLength(2);
  });

  describe('with selected ranges', () => {
    const ranges: ByteRange[] = [
      { start: PART_BYTES + 5, end: PART_BYTES + 9 },
      { start: 3 * PART_BYTES, end: 4 * PART_BYTES + 1 },
      { start: SIZE_BYTES - 1, end: SIZE_BYTES - 1 },
    ];

    it('reads nothing else, and leaves zeros between them', async () => {
      await intoFile(async (path) => {
        const fetched = await storage.fetchToFile(key, path, { select: async () => ranges });
        const fetchedBytes = PART_BYTES + 5 + (PART_BYTES + 2) + 1;
        expect(fetched).toEqual({ sizeBytes: SIZE_BYTES, fetchedBytes, requests: 5, isSparse: true });
        const expected = Buffer.alloc(SIZE_BYTES);
        for (const { start, end } of [{ start: 0, end: PART_BYTES - 1 }, ...ranges]) {
          BYTES.copy(expected, start, start, end + 1);
        }
        expect(sha256(await readFile(path))).toBe(sha256(expected));
        expect((await stat(path)).blocks * 512).toBeLessThan(SIZE_BYTES / 2);
      });
    });

    it('lets the selector read, and reads nothing twice', async () => {
      await intoFile(async (path) => {
        const select = vi.fn(async (object: { read: (at: number, length: number) => Promise<Buffer> }) => {
          expect((await object.read(100, 50)).equals(BYTES.subarray(100, 150))).toBe(true);
          const middle = await object.read(2 * PART_BYTES, PART_BYTES + 10);
          expect(middle.equals(BYTES.subarray(2 * PART_BYTES, 3 * PART_BYTES + 10))).toBe(true);
          expect((await object.read(SIZE_BYTES - 5, 50)).equals(BYTES.subarray(-5))).toBe(true);
          return null;
        });
        const { fetchedBytes } = await storage.fetchToFile(key, path, { select });
        expect(select).toHaveBeenCalledOnce();
        expect(fetchedBytes).toBe(SIZE_BYTES);
        expect(sha256(await readFile(path))).toBe(sha256(BYTES));
      });
    });

    it.each([
      ['after the end', [{ start: 0, end: SIZE_BYTES }]],
      ['out of order', ranges.toReversed()],
      ['that overlap', [ranges[0], ranges[0]]],
      ['of no whole number', [{ start: Number.NaN, end: 5 }]],
      ['before the beginning', [{ start: -1, end: 5 }]],
    ])('never requests ranges %s', async (_name, wrong) => {
      const select = async (): Promise<ByteRange[]> => wrong as ByteRange[];
      await intoNothing(async (path) => {
        await expect(storage.fetchToFile(key, path, { select })).rejects.toMatchObject({
          cause: expect.any(RangeError),
        });
      });
      expect(proxy.seen).toHaveLength(1);
    });

    it.each<[string, Fault, object]>([
      ['and the store compares it', PASS, { code: 'PreconditionFailed' }],
      ['and the store does not compare it', { kind: 'other-etag' }, { name: 'ObjectChangedError' }],
    ])('fails if the object changes, %s', async (_name, fault, cause) => {
      faultOf = ({ range }) => (range?.startsWith('0-') ? PASS : fault);
      const select = async (): Promise<ByteRange[]> => {
        if (fault.kind === 'none') await bucket.storage.write(key, bodyOf(Buffer.alloc(SIZE_BYTES)), VIDEO);
        return ranges;
      };
      await intoNothing((path) =>
        expect(storage.fetchToFile(key, path, { select })).rejects.toMatchObject({ ...UNAVAILABLE, cause }),
      );
      // Not one of them is repeated.
      expect(new Set(requested()).size).toBe(proxy.seen.length);
    });

    it('fails with the error of the selector', async () => {
      const cause = new Error('not readable');
      const select = (): Promise<null> => Promise.reject(cause);
      await intoNothing((path) => expect(storage.fetchToFile(key, path, { select })).rejects.toMatchObject({ cause }));
    });
  });
}
