import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface WebFile {
  readonly content: Buffer;
  readonly contentType: string;
  /** Made from the content: the same in every instance, another after an upgrade. */
  readonly etag: string;
}

/** Only these are served: what else lies in the folder, such as a test, is not part of the page. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Beside this module in the sources, in the build and, by its absolute path, in a bundle. */
const FOLDER = join(import.meta.dirname, 'static');

/** Reads all files of the page into memory: they are few and small, and no request can name any other. */
export function readWebFiles(): ReadonlyMap<string, WebFile> {
  const names = readdirSync(FOLDER).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [name, webFile(name, readFileSync(join(FOLDER, name)))]));
}

export function webFile(name: string, content: Buffer): WebFile {
  return {
    content,
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
  };
}
