import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface PageFile {
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
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const names = readdirSync(FOLDER).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [name, pageFile(name, readFileSync(join(FOLDER, name)))]));
}

export function pageFile(name: string, content: Buffer): PageFile {
  return {
    content,
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
  };
}
