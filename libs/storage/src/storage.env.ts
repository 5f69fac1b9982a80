import { EnvBoolean, EnvOptional, EnvText, type CrossChecked } from '@app/config';

/** Stores objects in a folder (STORAGE_DIRECTORY), or else in an S3-compatible store (STORAGE_ENDPOINT and its keys). */
export class StorageEnv implements CrossChecked {
  /** A folder for objects. If it is set, no S3-compatible store is used. Every process must see the same folder. */
  @EnvOptional()
  @EnvText()
  STORAGE_DIRECTORY?: string = undefined;

  /** `host:port` of the store, without a scheme. */
  @EnvOptional()
  @EnvText()
  STORAGE_ENDPOINT?: string = undefined;

  /** The name of the account at the store. */
  @EnvOptional()
  @EnvText()
  STORAGE_ACCESS_KEY?: string = undefined;

  /** The password of the account at the store. */
  @EnvOptional()
  @EnvText()
  STORAGE_SECRET_KEY?: string = undefined;

  /** Connects to the store over TLS. */
  @EnvBoolean()
  STORAGE_SECURE = false;

  /** The bucket for videos and MP3s. Setup creates it if it does not exist. */
  @EnvText(3, 63)
  STORAGE_BUCKET_NAME = 'media';

  /** The region of the store, for signing requests. */
  @EnvText()
  STORAGE_REGION = 'us-east-1';

  problems(): string[] {
    if (this.STORAGE_DIRECTORY !== undefined) return [];
    if (this.STORAGE_ENDPOINT === undefined) return ['STORAGE_DIRECTORY or STORAGE_ENDPOINT must be set'];
    const problems: string[] = [];
    const endpoint = /^[^/\s:]+(?::(\d{1,5}))?$/.exec(this.STORAGE_ENDPOINT);
    if (endpoint === null || Number(endpoint[1] ?? 0) > 65_535) {
      problems.push('STORAGE_ENDPOINT must be host:port without a scheme or path');
    }
    if (!/^[a-z\d][a-z\d.-]*[a-z\d]$/.test(this.STORAGE_BUCKET_NAME)) {
      problems.push('STORAGE_BUCKET_NAME must consist of lower-case letters, digits, dots and hyphens');
    }
    if (this.STORAGE_ACCESS_KEY === undefined) problems.push('STORAGE_ACCESS_KEY must be set');
    if (this.STORAGE_SECRET_KEY === undefined) problems.push('STORAGE_SECRET_KEY must be set');
    return problems;
  }
}
