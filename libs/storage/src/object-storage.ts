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

/**
 * The port to the object store. Every call is bounded in time. Errors are `DomainError`s: `object_not_found` where
 * the key has no object, else `storage_unavailable` (retryable) with the cause; an abort rejects with the signal's reason.
 */
export abstract class ObjectStorage {
  /**
   * Streams a body of unknown length into a new object and resolves once it is complete, durable and compared by
   * size. If the body errors, ends early (destroyed) or the signal aborts, nothing is left under the key and the
   * body's error is thrown; after a failure of the store the body is left, unread, to its owner.
   */
  abstract write(key: string, body: Readable, options: WriteOptions): Promise<{ sizeBytes: number }>;

  /** Stores a local file as a new object: complete, durable and compared by size when it resolves. */
  abstract writeFile(key: string, path: string, options: WriteOptions): Promise<{ sizeBytes: number }>;

  abstract stat(key: string): Promise<ObjectStat>;

  /**
   * Opens an object for reading. Rejects if it cannot be opened, with `range_not_satisfiable` where the range begins
   * past the object; a range that ends past it is cut. The stream ends only after its last byte: a fault half way
   * destroys it with an error.
   */
  abstract read(key: string, range?: ByteRange): Promise<Readable>;

  /**
   * Puts an object at a local path that does not exist yet (a hard link where the store is a folder on the same disk:
   * read it, never write to it). On failure nothing is left there.
   */
  abstract fetchToFile(key: string, path: string, signal?: AbortSignal): Promise<{ sizeBytes: number }>;

  /** Removes an object; an object that is not there is no error. */
  abstract delete(key: string): Promise<void>;

  /** Lists the objects of this service whose key begins with the prefix, in no particular order. */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** Returns the identity that `writeIdentity` gave to the store; null if it has none. */
  abstract readIdentity(): Promise<string | null>;

  /** Marks the store as the one that belongs to a database. Replaces an earlier identity. */
  abstract writeIdentity(identity: string): Promise<void>;

  /**
   * Removes what uploads of this service that began before `before` left unfinished; returns how many. A MinIO server
   * that was restarted no longer lists older uploads: it removes those by itself (`stale_uploads_expiry`, 24 h).
   */
  abstract removeIncompleteUploads(before: Date): Promise<number>;

  /** Creates the bucket or folder where it is missing. May be called again. `configuration_invalid` where it never can. */
  abstract prepare(): Promise<void>;

  /** Rejects with a sentence that says what is missing if the store cannot be used now. */
  abstract check(): Promise<void>;
}
