import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileProblem, makeDataFolder, requireOwnFolder } from './file-problem.mjs';

const isRoot = process.getuid?.() === 0;
const SOMEBODY = 65_534;

describe('fileProblem', () => {
  it.each([
    ['ENOSPC', /^\/data\/x cannot be used .* The disk is full: free some space/],
    ['EDQUOT', /Your quota is used up/],
    ['EROFS', /read-only: put the project where/],
    ['EACCES', /no right to do that/],
  ])('says what to do about %s', (code, sentence) => {
    expect(fileProblem(Object.assign(new Error(code), { code, path: '/data/x' }))).toMatch(sentence);
  });

  it('is null for other errors', () => {
    expect(fileProblem(new TypeError('a fault'))).toBeNull();
  });
});

describe('makeDataFolder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('creates the folder, or uses an existing one', () => {
    makeDataFolder(join(folder, '.data'));
    expect(() => makeDataFolder(join(folder, '.data'))).not.toThrow();
  });

  it('reports that it cannot be created', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => makeDataFolder(join(file, '.data'))).toThrow(/ENOTDIR/);
  });

  it('names the owner of a folder of another user, for root as well', () => {
    if (isRoot) chownSync(folder, SOMEBODY, SOMEBODY);
    const [act, owner] = isRoot ? [() => requireOwnFolder(folder), 'nobody'] : [() => makeDataFolder('/root'), 'root'];
    expect(act).toThrow(new RegExp(`belongs to ${owner}, .*\\n.*start it as ${owner},\\n.*sudo chown -R \\S+ '`));
  });
});
