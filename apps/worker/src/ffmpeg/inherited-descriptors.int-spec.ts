import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Starts a child with or without the tested option, and prints the targets of its descriptors. */
const PARENT = `
  import { spawnSync } from 'node:child_process';
  import { withoutInheritedDescriptors } from './inherited-descriptors.mjs';
  const list = 'for fd in /proc/$$/fd/*; do readlink "$fd"; done; exit 0';
  const more = process.argv[2] === 'closed' ? withoutInheritedDescriptors() : [];
  process.stdout.write(spawnSync('sh', ['-c', list], { stdio: ['ignore', 'pipe', 'ignore', ...more] }).stdout);`;

/** Node itself closes the first ones, and those that follow them without a gap. */
const INHERITED = 40;

let folder: string;
let secret: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'descriptors-'));
  secret = join(folder, 'secret');
  await writeFile(secret, 'secret');
  const source = await readFile(join(import.meta.dirname, 'inherited-descriptors.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } });
  await writeFile(join(folder, 'inherited-descriptors.mjs'), outputText);
  await writeFile(join(folder, 'parent.mjs'), PARENT);
});

afterAll(() => rm(folder, { recursive: true }));

/** Starts a process with a descriptor, and returns the descriptors that its child can use. */
async function descriptorsOfChild(kind: 'closed' | 'open'): Promise<string> {
  const descriptor = openSync(secret, 'r');
  const inherited = [...Array.from({ length: INHERITED - 3 }, () => 'ignore' as const), descriptor];
  const parent = spawn(process.execPath, [join(folder, 'parent.mjs'), kind], {
    stdio: ['ignore', 'pipe', 'inherit', ...inherited],
  });
  closeSync(descriptor);
  let said = '';
  parent.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await new Promise((resolve) => parent.once('close', resolve));
  return said;
}

it('a child gets no descriptor that its parent was started with', async () => {
  expect(await descriptorsOfChild('open')).toContain(secret);
  const descriptors = await descriptorsOfChild('closed');
  expect(descriptors).toContain('/dev/null');
  expect(descriptors).not.toContain(secret);
});
