/**
 * The house rules as lint errors. An override replaces the whole list of a rule, so each folder's list is composed
 * here: from the table of who may import which lib, and from the places that outside technologies are confined to.
 */

const LIBS = [
  'client',
  'config',
  'database',
  'dispatch',
  'domain',
  'failpoints',
  'messaging',
  'observability',
  'secrets',
  'storage',
  'testing',
];
const API_FEATURES = [
  'auth',
  'downloads',
  'email',
  'http',
  'jobs',
  'maintenance',
  'openapi',
  'rate-limits',
  'uploads',
  'web',
  'webhooks',
];
const NOTIFIER_FEATURES = ['email', 'notification', 'webhook'];
const WORKER_FEATURES = ['containers', 'conversion', 'ffmpeg', 'mp3', 'sandbox', 'tags', 'transcoding'];

/** Packages that only one place may import. */
const CONFINED = {
  database: { regex: '^(pg|pg-[a-z-]+|typeorm|@nestjs/typeorm)(/|$)', message: 'PostgreSQL belongs to libs/database.' },
  storage: { regex: '^minio(/|$)', message: 'The object store belongs to libs/storage.' },
  email: { regex: '^nodemailer(/|$)', message: 'Email is sent by apps/notifier/src/email.' },
  messaging: { regex: '^(amqplib|amqp-connection-manager)(/|$)', message: 'The broker belongs to libs/messaging.' },
  document: {
    regex: '^(@nestjs/swagger|swagger-ui-dist)(/|$)',
    message:
      'The OpenAPI document belongs to the api: to openapi, to DTOs, and to operations beside their controllers.',
  },
  processes: {
    regex: '^(node:)?child_process$',
    message: 'Processes are started by ffmpeg, sandbox and folder-lock in apps/worker/src only.',
  },
};

/** What browsers do not have. */
const NODE_GLOBALS = ['process', 'Buffer', 'global', 'require', 'module', 'setImmediate', '__dirname', '__filename'];

const HTTP_EXCEPTIONS = [
  'HttpException',
  'BadGatewayException',
  'BadRequestException',
  'ConflictException',
  'ForbiddenException',
  'GatewayTimeoutException',
  'GoneException',
  'HttpVersionNotSupportedException',
  'ImATeapotException',
  'InternalServerErrorException',
  'MethodNotAllowedException',
  'MisdirectedException',
  'NotAcceptableException',
  'NotFoundException',
  'NotImplementedException',
  'PayloadTooLargeException',
  'PreconditionFailedException',
  'RequestTimeoutException',
  'ServiceUnavailableException',
  'UnauthorizedException',
  'UnprocessableEntityException',
  'UnsupportedMediaTypeException',
];
const NO_HTTP_EXCEPTIONS = {
  name: '@nestjs/common',
  importNames: HTTP_EXCEPTIONS,
  message: 'Throw a DomainError: what it means in HTTP is decided in apps/api/src/http.',
};

const NO_DEEP_IMPORT = { regex: '^@app/[^/]+/', message: "Import from the lib's index." };
const NO_WAY_OUT = {
  regex: '^(\\.\\./)+(.*/)?(src|libs|apps|test|bench|scripts|tools)(/|$)',
  message: 'A relative import stays inside its app or lib. Libs are imported as @app/name; apps never.',
};

const NO_LIB_BY_PATH = { regex: '(^|/)libs/[^/]+/src/', message: 'Libs are imported as @app/name.' };

const NO_NEIGHBOUR_BY_PATH = { regex: '(^|/)[a-z-]+/src/', message: NO_WAY_OUT.message };

const noLibsBut = (allowed) => {
  const forbidden = LIBS.filter((lib) => !allowed.includes(lib));
  return forbidden.map((lib) => ({ regex: `^@app/${lib}$`, message: 'This folder must not depend on that lib.' }));
};

const noSiblingsBut = (features, allowed) =>
  features
    .filter((feature) => !allowed.includes(feature))
    .map((feature) => ({ regex: `^(\\.\\./)+${feature}/`, message: 'This feature must not depend on that one.' }));

/** The override for one folder; `libs`, `siblings` and `packages` (keys of CONFINED) are what it may import. */
function boundary(files, { libs = [], features = [], siblings = [], packages = [], paths = [NO_HTTP_EXCEPTIONS] }) {
  const confined = Object.entries(CONFINED).filter(([place]) => !packages.includes(place));
  const patterns = [
    NO_DEEP_IMPORT,
    NO_WAY_OUT,
    ...noLibsBut(libs),
    ...noSiblingsBut(features, siblings),
    ...confined.map(([, pattern]) => pattern),
  ];
  return { files: [files].flat(), rules: { 'no-restricted-imports': ['error', { patterns, paths }] } };
}

const api = (feature, allowed) => {
  const options = { features: API_FEATURES, ...allowed, siblings: [feature, ...(allowed.siblings ?? [])] };
  return [
    boundary(`apps/api/src/${feature}/**`, options),
    // Controllers are the ones that know HTTP, and where a log line's request begins.
    boundary(`apps/api/src/${feature}/**/*.controller.ts`, {
      ...options,
      libs: [...(options.libs ?? []), 'observability'],
      siblings: [...options.siblings, 'http'],
      paths: [],
    }),
    // What the document says of a feature stands beside it.
    boundary([`apps/api/src/${feature}/**/*.dto.ts`, `apps/api/src/${feature}/**/*.operations.ts`], {
      ...options,
      siblings: [...options.siblings, 'openapi'],
      packages: ['document'],
    }),
  ];
};
const worker = (feature, { files = '**', ...allowed }) =>
  boundary(
    [files].flat().map((glob) => `apps/worker/src/${feature}/${glob}`),
    {
      features: WORKER_FEATURES,
      ...allowed,
      siblings: [feature, ...(allowed.siblings ?? [])],
    },
  );

const notifier = (feature, { files = '**', ...allowed }) =>
  boundary(`apps/notifier/src/${feature}/${files}`, {
    features: NOTIFIER_FEATURES,
    ...allowed,
    siblings: [feature, ...(allowed.siblings ?? [])],
  });

const TESTS = ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', '**/*.lean-spec.ts', '**/*.contract.ts'];
const TEST_KITS = ['libs/testing/**', 'libs/*/src/testing/**', 'apps/*/test/**'];
const TEST_CODE = ['test/**', 'bench/**', ...TEST_KITS, ...TESTS];

/** Files that compare with a time that others have written, such as a file's. */
const WALL_CLOCK = [
  'apps/api/src/maintenance/object-sweeper.ts',
  'apps/api/src/web/static/conversion.js',
  'apps/cli/src/command/login.command.ts',
  'apps/worker/src/conversion/job-workspace.ts',
];

const CONVERSION_LIBS = ['config', 'domain', 'database', 'storage', 'messaging', 'dispatch', 'failpoints'];

const NOTIFICATION_LIBS = ['config', 'domain', 'database', 'messaging', 'dispatch', 'failpoints', 'secrets'];

const BOUNDARIES = [
  // Composition roots know every lib of the service; nobody else does.
  boundary('apps/**', { libs: LIBS.filter((lib) => lib !== 'testing' && lib !== 'client') }),
  api('auth', { libs: ['config', 'domain', 'database', 'secrets'], siblings: ['rate-limits'] }),
  api('rate-limits', { libs: ['config', 'domain', 'database'], siblings: ['http'] }),
  api('email', { libs: ['config', 'domain', 'database', 'secrets'], siblings: ['auth', 'rate-limits'] }),
  api('uploads', {
    libs: ['config', 'domain', 'database', 'storage', 'dispatch', 'failpoints'],
    siblings: ['auth', 'jobs', 'webhooks'],
  }),
  api('jobs', { libs: ['config', 'domain', 'database', 'storage', 'dispatch'], siblings: ['auth'] }),
  api('downloads', { libs: ['config', 'domain', 'database', 'storage'], siblings: ['auth', 'jobs'] }),
  api('maintenance', { libs: ['config', 'domain', 'database', 'storage', 'dispatch', 'messaging'] }),
  api('webhooks', { libs: ['config', 'domain', 'database', 'secrets'], siblings: ['auth'] }),
  api('web', { libs: ['client'] }),
  api('openapi', { libs: ['config', 'domain', 'observability'], siblings: ['http'], packages: ['document'] }),
  api('http', { libs: ['config', 'domain', 'observability'], paths: [] }),
  worker('conversion', { libs: CONVERSION_LIBS, siblings: ['transcoding'] }),
  worker('conversion', {
    files: '**/*.consumer.ts',
    libs: [...CONVERSION_LIBS, 'observability'],
    siblings: ['transcoding'],
  }),
  // Node cannot lock a folder: the system's flock does.
  worker('conversion', { files: 'folder-lock.ts', packages: ['processes'] }),
  worker('transcoding', { libs: ['domain'], siblings: ['containers', 'ffmpeg', 'mp3', 'sandbox', 'tags'] }),
  worker('ffmpeg', { siblings: ['sandbox'], packages: ['processes'] }),
  worker('sandbox', { libs: ['domain'], packages: ['processes'] }),
  worker('tags', { siblings: ['containers', 'mp3'] }),
  worker('containers', {}),
  worker('mp3', {}),
  // Environment variables are declared with the decorators of libs/config, and injected by the module.
  worker('ffmpeg', { files: '**/*.env.ts', libs: ['config'] }),
  worker('transcoding', {
    files: '**/*.module.ts',
    libs: ['config', 'domain'],
    siblings: ['ffmpeg', 'sandbox'],
  }),
  notifier('notification', { libs: NOTIFICATION_LIBS, siblings: ['email', 'webhook'] }),
  notifier('notification', {
    files: '**/*.consumer.ts',
    libs: [...NOTIFICATION_LIBS, 'observability'],
    siblings: ['email', 'webhook'],
  }),
  notifier('email', { libs: ['config', 'domain'], packages: ['email'] }),
  notifier('webhook', { libs: ['config', 'domain', 'secrets'] }),
  {
    files: ['libs/domain/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [NO_WAY_OUT, { regex: '^[^.]', message: 'The domain imports nothing at all.' }] },
      ],
    },
  },
  {
    // Its compiled files run in browsers as they are.
    files: ['libs/client/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [NO_WAY_OUT, { regex: '^[^.]', message: 'The client imports its own files only.' }] },
      ],
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
    },
  },
  boundary('libs/config/**', {}),
  boundary('libs/failpoints/**', { libs: ['config'] }),
  boundary('libs/secrets/**', { libs: ['config', 'domain'] }),
  boundary('libs/observability/**', { libs: ['config'] }),
  boundary('libs/database/**', { libs: ['config', 'domain', 'failpoints'], packages: ['database'] }),
  boundary('libs/storage/**', { libs: ['config', 'domain', 'failpoints'], packages: ['storage'] }),
  boundary('libs/messaging/**', { libs: ['config', 'domain', 'failpoints'], packages: ['messaging'] }),
  boundary('libs/dispatch/**', { libs: ['config', 'domain', 'database', 'messaging', 'failpoints'] }),
  // The command-line client uses the REST API only: its package contains nothing of the service.
  boundary('apps/cli/**', { libs: ['client'] }),
  // Tests may use any lib and a client of their own, and those of whole processes may look into an app.
  {
    files: [...TESTS, ...TEST_KITS],
    rules: { 'no-restricted-imports': ['error', { patterns: [NO_DEEP_IMPORT, NO_NEIGHBOUR_BY_PATH] }] },
  },
  {
    files: ['test/**', 'bench/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [NO_DEEP_IMPORT, NO_LIB_BY_PATH] }] },
  },
].flat();

export default {
  plugins: ['typescript', 'import', 'node', 'oxc', 'unicorn'],
  ignorePatterns: ['libs/client/src/api-types.ts', 'node_modules', 'dist', '.data', '.cache', 'coverage'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': 'error',
    'node/no-process-env': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'no-throw-literal': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // A Nest module is a class that carries a decorator.
    'typescript/no-extraneous-class': ['error', { allowWithDecorator: true, allowStaticOnly: true }],
    // A caught error, a parsed JSON and a generic lookup can only be asserted.
    'typescript/no-unsafe-type-assertion': 'off',
    // Spreading a text counts its characters, not its UTF-16 units: that is what it is used for.
    'typescript/no-misused-spread': ['error', { allow: ['string'] }],
    // Nest's own signatures have such parameters, and an override must repeat them.
    'typescript/no-unnecessary-type-parameters': 'off',
    // pg and others are CommonJS: the default import is the documented way.
    'import/no-named-as-default-member': 'off',
    // An event pattern does not type-check without its own.
    'typescript/no-unnecessary-type-arguments': 'off',
    // It does not know noUncheckedIndexedAccess: an element of an array may be missing.
    'typescript/no-useless-default-assignment': 'off',
    // It does not see that a callback changes the condition.
    'no-unmodified-loop-condition': 'off',
    // Nest's metadata is loaded for its effect.
    'import/no-unassigned-import': 'off',
    // Node's streams name their hooks so.
    'no-underscore-dangle': 'off',
    // The compiler knows better which paths return.
    'typescript/consistent-return': 'off',
    'unicorn/consistent-function-scoping': 'off',
    // Spread pairs keep an option and its value on one line of a long argument list.
    'unicorn/no-useless-spread': 'off',
    'no-restricted-properties': [
      'error',
      {
        object: 'Date',
        property: 'now',
        message: 'The wall clock can step: measure time spans with performance.now().',
      },
    ],
    'no-console': 'error',
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'prefer-const': 'error',
    'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: false, skipComments: false }],
    'max-params': ['error', { max: 5 }],
  },
  overrides: [
    ...BOUNDARIES,
    // A table.
    { files: ['oxlint.config.mjs'], rules: { 'max-lines': 'off' } },
    {
      files: ['libs/config/src/environment.ts', 'apps/cli/src/environment.ts'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['scripts/**', 'tools/**', ...TEST_CODE],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: TEST_CODE,
      rules: {
        // Fixtures are put together from many parts; spies are methods without their object; a wrong message is a
        // right one spread with one field changed.
        'max-params': 'off',
        'typescript/unbound-method': 'off',
        'typescript/no-misused-spread': 'off',
      },
    },
    { files: WALL_CLOCK, rules: { 'no-restricted-properties': 'off' } },
    {
      files: ['scripts/**', 'tools/**', ...TEST_CODE],
      rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
    },
    {
      files: TESTS,
      plugins: ['typescript', 'import', 'node', 'oxc', 'unicorn', 'vitest'],
      rules: {
        // A `describe` is one callback round all its tests.
        'max-lines-per-function': 'off',
        'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', '*.expect*', 'waitFor'] }],
        'vitest/no-focused-tests': 'error',
      },
    },
  ],
};
