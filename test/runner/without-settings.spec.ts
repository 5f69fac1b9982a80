import { describe, expect, it } from 'vitest';
import { withoutSettings } from './without-settings.mjs';

describe('withoutSettings', () => {
  it.each([
    'DATABASE_URL',
    'RABBITMQ_URL',
    'STORAGE_ENDPOINT',
    'PORT',
    'ENV',
    'REGISTRATION',
    'WORK_DIRECTORY',
    'SANDBOX',
  ])('removes %s of a developer', (name) => {
    expect(withoutSettings({ [name]: 'theirs', PATH: '/bin' })).toEqual({ PATH: '/bin' });
  });

  it('keeps the variables of the system and of the tests', () => {
    const environment = { PATH: '/bin', HOME: '/home/ada', CI: 'true', TEST_DATABASE_URL: 'postgresql://test' };
    expect(withoutSettings(environment)).toEqual(environment);
  });
});
