import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { findProgram } from '../../tools/services/find-program.mjs';
import { BUILT_MINIO_FOLDER, findMinio } from '../../tools/services/minio.mjs';

// The last community release, which is published as source code only.
const MODULE = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';

/** @returns {string | null} the Go command, with which a MinIO server can be built */
export function findGo() {
  return findProgram('go', ['/usr/local/go/bin']);
}

/**
 * Builds a MinIO server into a folder of this project, if there is none yet. Takes some minutes once.
 * @param {AbortSignal} [signal]
 */
export async function buildMinio(signal) {
  const go = findGo();
  if (go === null || findMinio([BUILT_MINIO_FOLDER]) !== null) return;
  mkdirSync(BUILT_MINIO_FOLDER, { recursive: true });
  const env = { ...process.env, GOBIN: BUILT_MINIO_FOLDER, GOFLAGS: '-modcacherw', CGO_ENABLED: '0' };
  await promisify(execFile)(go, ['install', MODULE], { env, signal });
}

if (import.meta.filename === process.argv[1]) {
  await buildMinio();
  console.log(findMinio([BUILT_MINIO_FOLDER]) ?? 'Neither minio nor Go, which could build it, is installed.');
}
