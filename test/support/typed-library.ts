import { expect } from 'vitest';
import type { PackedClient } from './packed-client.js';

/** A program that uses the package as a typed library. */
export async function expectTypedLibrary(client: PackedClient): Promise<void> {
  const program = (status: string): string =>
    `import { hasEnded, type ConversionStatus } from 'video-to-mp3-cli';
     const status: ConversionStatus = '${status}';
     console.log(hasEnded({ status }));`;
  expect(await client.typeProblems(program('DONE'))).toBe('');
  expect(await client.typeProblems(program('UNKNOWN'))).toContain('is not assignable to type');
  const code = `import { hasEnded } from 'video-to-mp3-cli'; console.log(hasEnded({ status: 'DONE' }));`;
  expect(await client.runModule(code)).toBe('true\n');
}
