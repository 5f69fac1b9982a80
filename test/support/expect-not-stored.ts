import { waitFor } from '@app/testing';
import { expect } from 'vitest';
import type { ApiClient } from './api-client.js';
import { isDown } from './readiness.js';
import type { ServiceUnderTest } from './service-under-test.js';

/** Asserts the responses to clients and operators while the storage is unavailable. */
export async function expectNotStored(user: ApiClient, service: ServiceUnderTest, clip: string): Promise<void> {
  const response = await user.uploadResponse(clip);
  expect(response.status).toBe(503);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ code: 'storage_unavailable' });
  await waitFor(async () => isDown(await service.readiness(), 'storage'), { what: 'the api to name the storage' });
}
