import { processVariables } from '@app/config';

/** The addresses of the services of this test run. */
export interface TestServices {
  /** The URL of the maintenance database, for a superuser. */
  databaseUrl: string;
  rabbitmqUrl: string;
  /** The management API, with user and password. */
  rabbitmqManagementUrl: string;
  ffmpegPath: string;
  /** `null` if Chromium is not installed. */
  chromiumPath: string | null;
  /** The docker-compose program; `null` if it is not installed. */
  composePath: string | null;
  /** The connection pooler; `null` if it is not installed. */
  pgbouncerPath: string | null;
  /** `null` if schemathesis could not be installed. */
  schemathesisPath: string | null;
  /** The folder with each app as `<app>.mjs`; `null` if there is only the build. */
  appsFolder: string | null;
  /** `null` if MinIO is not installed. */
  minio: { endpoint: string; accessKey: string; secretKey: string } | null;
}

export function testServices(): TestServices {
  const endpoint = processVariables()['TEST_STORAGE_ENDPOINT'];
  return {
    databaseUrl: required('TEST_DATABASE_URL'),
    rabbitmqUrl: required('TEST_RABBITMQ_URL'),
    rabbitmqManagementUrl: required('TEST_RABBITMQ_MANAGEMENT_URL'),
    ffmpegPath: required('TEST_FFMPEG_PATH'),
    chromiumPath: processVariables()['TEST_CHROMIUM_PATH'] ?? null,
    composePath: processVariables()['TEST_COMPOSE_PATH'] ?? null,
    pgbouncerPath: processVariables()['TEST_PGBOUNCER_PATH'] ?? null,
    schemathesisPath: processVariables()['TEST_SCHEMATHESIS_PATH'] ?? null,
    appsFolder: processVariables()['TEST_APPS_FOLDER'] ?? null,
    minio:
      endpoint === undefined
        ? null
        : {
            endpoint,
            accessKey: required('TEST_STORAGE_ACCESS_KEY'),
            secretKey: required('TEST_STORAGE_SECRET_KEY'),
          },
  };
}

function required(name: string): string {
  const value = processVariables()[name];
  if (value === undefined || value === '') {
    throw new Error(
      `${name} is not set. \`npm test -- <path>\` starts the services of the tests; to keep them running, start ` +
        '`node test/runner/dev-services.mjs` and load .data/dev-services.env.',
    );
  }
  return value;
}
