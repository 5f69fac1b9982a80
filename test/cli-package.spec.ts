import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'apps/cli/src');

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: object;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
const project = manifestOf('.');
const client = manifestOf('apps/cli');

/** Returns the packages that the code of the client imports. */
function importedPackages(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('spec.ts'),
  );
  const names = files.flatMap((file) =>
    [...readFileSync(join(SOURCES, file), 'utf8').matchAll(/\bfrom '([^.'][^']*)'/g)].map(([, name = '']) => name),
  );
  return [...new Set(names.filter((name) => !/^(node:|@app\/)/.test(name)))].toSorted();
}

describe('the package of the client', () => {
  it('lists each package of its bundle with its version in the project, and no other', () => {
    const { devDependencies } = client;
    expect(importedPackages().length).toBeGreaterThan(0);
    expect(Object.keys(devDependencies).toSorted()).toEqual(importedPackages());
    expect({ ...project.dependencies, ...project.devDependencies }).toMatchObject(devDependencies);
    expect(Object.values(devDependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('has no dependencies', () => {
    expect(client.dependencies).toBeUndefined();
  });

  it('has the version of the service and requires the same Node', () => {
    const { version, license, engines } = project;
    expect(client).toMatchObject({ version, license, engines });
  });
});
