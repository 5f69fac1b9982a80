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
  ])('keeps %s of a developer from the tests', (name) => {
    expect(withoutSettings({ [name]: 'theirs', PATH: '/bin' })).toEqual({ PATH: '/bin' });
  });

  it('keeps what belongs to the system and to the tests', () => {
    const environment = { PATH: '/bin', HOME: '/home/ada', CI: 'true', TEST_DATABASE_URL: 'postgresql://test' };
    expect(withoutSettings(environment)).toEqual(environment);
  });
});
