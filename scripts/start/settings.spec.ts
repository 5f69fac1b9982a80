import { expect, it } from 'vitest';
import { givenServices, readSettings } from './settings.mjs';

it('treats an empty variable as not set', () => {
  const settings = readSettings('/nowhere', { DATABASE_URL: '', RABBITMQ_URL: 'amqp://broker' });

  expect(givenServices(settings)).toEqual({ database: false, broker: true, storage: false, email: false });
});

it.each(['STORAGE_ENDPOINT', 'STORAGE_DIRECTORY'])('uses the storage of %s', (name) => {
  expect(givenServices({ [name]: 'there' }).storage).toBe(true);
});

it.each([
  [{}, false],
  [{ SMTP_URL: 'smtp://mail.example.org' }, true],
  [{ ENV: 'production' }, true],
])('with %j, keeps emails on this machine unless somebody else sends them', (settings, isGiven) => {
  expect(givenServices(settings).email).toBe(isGiven);
});
