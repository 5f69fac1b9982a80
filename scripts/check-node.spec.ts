import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSupported, versionProblem } from './check-node.cjs';

const root = join(import.meta.dirname, '..');
const { engines, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  engines: { node: string };
  scripts: Record<string, string>;
};

describe('the check of the Node version', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '26.1.0'])('accepts %s', (version) => {
    expect(isSupported(version)).toBe(true);
  });

  it.each(['0.10.48', '8.17.0', '18.20.8', '20.18.3', '21.7.3', '22.11.0'])('rejects %s', (version) => {
    expect(isSupported(version)).toBe(false);
  });

  it('names the required and the installed version', () => {
    expect(versionProblem('18.20.8')).toMatch(
      /needs Node 20\.19 or newer .*; this is Node 18\.20\.8\.\n.*https:\/\/nodejs\.org/,
    );
  });

  it('requires the versions of package.json', () => {
    expect(engines.node).toBe('^20.19.0 || >=22.12.0');
  });

  it('runs before every script that needs it', () => {
    const unchecked = Object.entries(scripts).filter(([, command]) => /scripts\/\S+\.mjs/.test(command));
    expect(unchecked.filter(([, command]) => !command.startsWith('node scripts/check-node.cjs && exec '))).toEqual([]);
    expect(unchecked.length).toBeGreaterThan(5);
  });

  it('uses no syntax newer than ES5', () => {
    const code = readFileSync(join(root, 'scripts/check-node.cjs'), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
    expect(code).not.toMatch(/=>|`|\b(const|let|import|class|async)\b|\?\.|\?\?/);
  });
});
