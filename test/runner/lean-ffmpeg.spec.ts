import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { ProcessLedger } from '../../tools/processes/process-ledger.mjs';
import { LEAN_FFMPEG, provideLeanFfmpeg } from './lean-ffmpeg.mjs';

const ledger = new ProcessLedger(join(tmpdir(), 'lean-ffmpeg-test', 'processes.json'));

interface Machine {
  /** The programs that are found before the build, and after it. */
  readonly found: (string | null)[];
  readonly missing?: string | null;
  readonly build?: () => Promise<void>;
}

async function provided({
  found,
  missing = null,
  build = () => Promise.reject(new Error('not to be built')),
}: Machine) {
  const said: string[] = [];
  const findBuiltPrograms = (): string | null => (found.length > 1 ? (found.shift() ?? null) : (found[0] ?? null));
  const options = { folder: tmpdir(), ledger, say: (line: string) => void said.push(line) };
  const provision = await provideLeanFfmpeg(options, { findBuiltPrograms, missingForBuild: () => missing, build });
  return { ...provision, said: said.join('\n') };
}

it('takes programs that were built before, also without a compiler', async () => {
  const { variables, missing } = await provided({ found: ['/built'], missing: 'no gcc' });
  expect({ variables, missing }).toEqual({ variables: { TEST_LEAN_FFMPEG_PATH: '/built' }, missing: [] });
});

it('builds them if there are none', async () => {
  const { variables } = await provided({ found: [null, '/built'], build: () => Promise.resolve() });
  expect(variables).toEqual({ TEST_LEAN_FFMPEG_PATH: '/built' });
});

it('skips its tests with the reason if there is no compiler', async () => {
  const { variables, missing, said } = await provided({ found: [null], missing: 'gcc must be installed' });
  expect({ variables, missing }).toEqual({ variables: {}, missing: [LEAN_FFMPEG] });
  expect(said).toBe(`the tests with ${LEAN_FFMPEG} are skipped: gcc must be installed`);
});

it('skips its tests with the reason if the build fails', async () => {
  const build = (): Promise<void> => Promise.reject(new Error('apt finds no source package'));
  const { missing, said } = await provided({ found: [null], build });
  expect(missing).toEqual([LEAN_FFMPEG]);
  expect(said).toContain('apt finds no source package');
});
