import { defineConfig } from 'vitest/config';

const HOUR_MS = 3_600_000;
/** Real servers on a machine that stands still for seconds: once may be the machine, twice is the code. The report shows it. */
const RETRIES = 1;

/** Three sizes of test, told apart by suffix: no I/O, one real service, the whole system. And benchmarks, one at a time. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    // A generous bound that only ends a test that hangs: speed is measured in bench/, never asserted here.
    testTimeout: HOUR_MS / 30,
    hookTimeout: HOUR_MS / 30,
    projects: [
      { extends: true, test: { name: 'unit', include: ['{apps,libs,scripts,test}/**/*.spec.ts'] } },
      { extends: true, test: { name: 'int', include: ['{apps,libs,scripts}/**/*.int-spec.ts'], retry: RETRIES } },
      { extends: true, test: { name: 'e2e', include: ['test/**/*.e2e-spec.ts'], retry: RETRIES } },
      {
        extends: true,
        test: { name: 'bench', include: ['bench/**/*.bench-spec.ts'], testTimeout: HOUR_MS },
      },
    ],
  },
});
