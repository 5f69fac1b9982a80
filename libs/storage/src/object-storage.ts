import type { Readable } from 'node:stream';

export interface ObjectStat {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface ListedObject {
  readonly key: string;
  readonly lastModified: Date;
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive, as in HTTP. */
  readonly end: number;
}

export interface WriteOptions {
  readonly contentType: string;
  readonly signal?: AbortSignal;
}

/** The measured speed of a store, as one process sees it. */
export interface StoreSpeed {
  /** The time until a response begins. */
  readonly roundTripMs: number;
  readonly bytesPerSecond: number;
}

/** An object that is being fetched. */
export interface RemoteObject {
  readonly sizeBytes: number;
  /** Reads bytes, fewer only at the end of the object, and keeps them in the local file. */
  read(position: number, length: number): Promise<Buffer>;
  speed(): Promise<StoreSpeed>;
}

/**
 * Chooses the ranges of an object that are needed, in order and without overlaps. The local file gets the size of the
 * object, and zeros everywhere else. Null fetches the whole object.
 */
export type RangeSelector = (object: RemoteObject) => Promise<readonly ByteRange[] | null>;

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Not called if the object does not have to be transferred. */
  readonly select?: RangeSelector;
}

export interface FetchedFile {
  /** The size of the object and of the file. */
  readonly sizeBytes: number;
  /** 0 if the file is a link. */
  readonly fetchedBytes: number;
  readonly requests: number;
  /** True if only selected ranges were fetched. */
  readonly isSparse: boolean;
}

/**
 * The port to the object store. Every call has a timeout. Errors are `DomainError`s: `object_not_found` if the key has
 * no object, otherwise `storage_unavailable` (retryable) with the cause. On abort, calls reject with the reason of the
 * signal.
 */
export abstract class ObjectStorage {
  /**
   * Streams a body of unknown length into a new object. Resolves once the object is complete and durable and its size
   * is verified. If the body fails, is destroyed or the signal aborts, no object is left and the error of the body is
   * thrown. After a failure of the store, the rest of the body is unread and the caller must handle it.
   */
  abstract write(key: string, body: Readable, options: WriteOptions): Promise<{ sizeBytes: number }>;

  /** Stores a local file as a new object. Resolves once it is complete and durable and its size is verified. */
  abstract writeFile(key: string, path: string, options: WriteOptions): Promise<{ sizeBytes: number }>;

  abstract stat(key: string): Promise<ObjectStat>;

  /**
   * Opens an object for reading. Rejects if it cannot be opened, with `range_not_satisfiable` if the range starts after
   * the end of the object; a range that ends after it is shortened. The stream ends only after its last byte: a failure
   * in between destroys it with an error.
   */
  abstract read(key: string, range?: ByteRange): Promise<Readable>;

  /**
   * Copies an object, or the ranges of it that `select` chooses, to a local path that does not exist yet. Rejects if the
   * object changes meanwhile. If the store is a folder on the same disk, it creates a hard link instead, so never write
   * to the file. On failure, no file is left.
   */
  abstract fetchToFile(key: string, path: string, options?: FetchOptions): Promise<FetchedFile>;

  /** Deletes an object. A missing object is not an error. */
  abstract delete(key: string): Promise<void>;

  /** Lists the objects of this service whose key begins with the prefix, in no particular order. */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** Returns the identity that `writeIdentity` wrote to the store; null if it has none. */
  abstract readIdentity(): Promise<string | null>;

  /** Marks the store as belonging to a database. Replaces an earlier identity. */
  abstract writeIdentity(identity: string): Promise<void>;

  /**
   * Removes unfinished uploads of this service that started before `before`; returns their number. After a restart,
   * MinIO no longer lists older uploads and removes them itself (`stale_uploads_expiry`, 24 h).
   */
  abstract removeIncompleteUploads(before: Date): Promise<number>;

  /** Creates the bucket or folder if it is missing. Rejects with `configuration_invalid` if retrying cannot help. */
  abstract prepare(): Promise<void>;

  /** Rejects with a sentence that names the problem if the store cannot be used now. */
  abstract check(): Promise<void>;
}
