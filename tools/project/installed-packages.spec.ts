import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInstallationOf, readRecord, type Lock } from './installed-packages.mjs';
import { PROJECT_FOLDER } from './project.mjs';

const lock = (packages: Record<string, object>): Lock => ({ packages: { '': { version: '0.1.0' }, ...packages } });
const read = (file: string): Lock => JSON.parse(readFileSync(join(PROJECT_FOLDER, file), 'utf8')) as Lock;

const WANTED = lock({
  'node_modules/nest': { version: '12.0.0' },
  'node_modules/other-system': { version: '1.0.0', optional: true },
});

describe('an installation', () => {
  it('matches this project if npm has just recorded it', () => {
    expect(isInstallationOf(read('package-lock.json'), read('node_modules/.package-lock.json'))).toBe(true);
  });

  it.each([
    ['may lack what is for another system', { 'node_modules/nest': { version: '12.0.0' } }, true],
    ['must not lack anything else', {}, false],
    ['must not be of another version', { 'node_modules/nest': { version: '11.0.0' } }, false],
    [
      'must not contain removed packages',
      { 'node_modules/nest': { version: '12.0.0' }, 'node_modules/old': { version: '1.0.0' } },
      false,
    ],
  ])('%s', (_, packages, expected) => {
    expect(isInstallationOf(WANTED, { packages })).toBe(expected);
  });

  it.each(['', '{"packages": {"node_mod'])('is incomplete if its record is %j', (text) => {
    expect(isInstallationOf(WANTED, readRecord(text))).toBe(false);
  });
});
