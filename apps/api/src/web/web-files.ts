import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface WebFile {
  readonly content: Buffer;
  readonly contentType: string;
  /** Derived from the content, so it is the same in every instance and changes with an upgrade. */
  readonly etag: string;
}

/** Only these are served: other files in the folders, such as tests, are not part of the page. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The same relative paths hold in the sources and in the build; a bundle has the absolute ones of the build. */
const FOLDERS = {
  page: join(import.meta.dirname, 'static'),
  client: join(import.meta.dirname, '../../../../libs/client/src'),
};

/** The folder of a URL. */
export type WebFolder = keyof typeof FOLDERS;
export type WebFiles = ReadonlyMap<string, WebFile>;

/** Reads all files of a folder into memory: they are few and small, and no request can name any other file. */
export function readWebFiles(folder: WebFolder): Map<string, WebFile> {
  const names = readdirSync(FOLDERS[folder]).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [name, webFile(name, readFileSync(join(FOLDERS[folder], name)))]));
}

export function webFile(name: string, content: Buffer): WebFile {
  return {
    content,
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
  };
}
