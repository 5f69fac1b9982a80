import { makeClip } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasSchemathesis, runSchemathesis, type Scene } from './support/schemathesis.js';
import { ServiceUnderTest } from './support/service-under-test.js';

if (!hasSchemathesis) console.warn('Skipped: schemathesis is not installed.');

/** Responses that must occur, because a run that reaches nothing would also find nothing. */
const EXPECTED_ANSWERS = [
  'GET / 200',
  'GET /docs 200',
  'GET /health/live 200',
  'GET /health/ready 200',
  'POST /auth/register 201',
  'POST /auth/register 400 validation_failed',
  'POST /auth/register 409 username_taken',
  'POST /auth/login 200',
  'POST /auth/login 401 invalid_credentials',
  'POST /auth/login 415 unsupported_media_type',
  'GET /auth/me 200',
  'POST /media/upload 202',
  'POST /media/upload 400 file_missing',
  'POST /media/upload 415 unsupported_media_type',
  'PUT /media/upload 405 method_not_allowed',
  'GET /media/{job_id}/status 200',
  'GET /media/{job_id}/status 400 validation_failed',
  'GET /media/{job_id}/download 200',
  'GET /media/{job_id}/download 409 not_finished',
  'GET /media/{job_id}/download 409 job_failed',
  'HEAD /media/{job_id}/download 200',
];

/** Creates one job in each state that a job can stay in. */
async function makeScene(service: ServiceUnderTest): Promise<Scene> {
  const [owner, stranger, clip, mute] = await Promise.all([
    service.signIn(),
    service.signIn(),
    makeClip(),
    makeClip({ codec: 'none' }),
  ]);
  const ended = await Promise.all([owner.upload(clip), owner.upload(mute)]);
  for (const { id } of ended) await owner.ended(id);
  for (const worker of service.workers) await worker.stop();
  const jobIds = [...ended, await owner.upload(clip)].map(({ id }) => id);
  return { folder: service.folder, baseUrl: service.baseUrl, owner, stranger, jobIds };
}

describe.skipIf(!hasSchemathesis)('the OpenAPI document, checked by schemathesis', () => {
  let service: ServiceUnderTest;
  let scene: Scene;

  beforeEach(async () => {
    service = await ServiceUnderTest.start();
    scene = await makeScene(service);
  });
  afterEach(() => service?.stop());

  it('matches every response', async () => {
    const { exitCode, output, answers, checks } = await runSchemathesis(scene);
    expect(exitCode, output).toBe(0);
    expect(EXPECTED_ANSWERS.filter((answer) => !answers.has(answer))).toEqual([]);
    expect([...checks].toSorted()).toEqual([
      'allow_header_conformance',
      'content_type_conformance',
      'ensure_resource_availability',
      'ignored_auth',
      'missing_required_header',
      'negative_data_rejection',
      'not_a_server_error',
      'object_level_authorization',
      'response_headers_conformance',
      'response_schema_conformance',
      'status_code_conformance',
      'unsupported_method',
      'use_after_free',
    ]);
  });
});
