import { configDefaults, defineConfig } from 'vitest/config';

const HOUR_MS = 3_600_000;
/** Real servers on a machine that stands still for seconds: once may be the machine, twice is the code. The report shows it. */
const RETRIES = 1;

/** Test files share their modules, whose loading takes longer than most of them do; not these, which change what is global. */
const OWN_MODULES = ['libs/observability/src/logging/logging.module.int-spec.ts'];

/** The images run a newer ffmpeg than most systems have: what reads and judges it is tried on that one, too. */
// oxlint-disable-next-line node/no-process-env -- the test runner hands its services over in variables
const NEWER_FFMPEG = process.env.TEST_FFMPEG_7_PATH;
const RUN_SPECS =
  'apps/worker/src/transcoding/{containment,damaged-source,ffmpeg-transcoder,lost-audio,unsupported-audio}.int-spec.ts';
const FFMPEG_SPECS = [RUN_SPECS, 'apps/worker/src/transcoding/{mp3-copy,sparse-source,tags}.int-spec.ts'];
const NEWER_FFMPEG_PROJECT = {
  extends: true as const,
  test: {
    name: 'int-ffmpeg-7',
    include: FFMPEG_SPECS,
    isolate: false,
    retry: RETRIES,
    env: { TEST_FFMPEG_PATH: NEWER_FFMPEG },
  },
};

/** What depends on the log and the limits of ffmpeg is also tried with the one of `npm run ffmpeg:build`, which makes no media. */
// oxlint-disable-next-line node/no-process-env -- the test runner hands its services over in variables
const LEAN_FFMPEG = process.env.TEST_LEAN_FFMPEG_PATH;
const LEAN_FFMPEG_PROJECT = {
  extends: true as const,
  test: {
    name: 'lean',
    include: [RUN_SPECS, 'test/**/*.lean-spec.ts'],
    isolate: false,
    retry: RETRIES,
    env: { TEST_CONVERTER_PATH: LEAN_FFMPEG },
  },
};

/** Three sizes of test, told apart by suffix: no I/O, one real service, the whole system. And benchmarks, one at a time. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    // A generous bound that only ends a test that hangs: speed is measured in bench/, never asserted here.
    testTimeout: HOUR_MS / 3,
    hookTimeout: HOUR_MS / 3,
    expect: { poll: { timeout: HOUR_MS / 12 } },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{apps,libs,scripts,tools,test}/**/*.spec.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: ['{apps,libs,scripts,tools}/**/*.int-spec.ts'],
          exclude: [...configDefaults.exclude, ...OWN_MODULES],
          isolate: false,
          retry: RETRIES,
        },
      },
      { extends: true, test: { name: 'int-isolated', include: OWN_MODULES, retry: RETRIES } },
      ...(NEWER_FFMPEG === undefined ? [] : [NEWER_FFMPEG_PROJECT]),
      ...(LEAN_FFMPEG === undefined ? [] : [LEAN_FFMPEG_PROJECT]),
      { extends: true, test: { name: 'e2e', include: ['test/**/*.e2e-spec.ts'], isolate: false, retry: RETRIES } },
      {
        extends: true,
        test: { name: 'bench', include: ['bench/**/*.bench-spec.ts'], testTimeout: HOUR_MS },
      },
    ],
  },
});
