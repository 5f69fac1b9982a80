import { expect, it } from 'vitest';
import { variablesOf } from './apps.mjs';

const ENVIRONMENT = { PATH: '/bin', SECRET_KEY: 'secret', SMTP_URL: 'smtp://sink', WORK_DIRECTORY: '/work' };

it.each([
  ['api', { PATH: '/bin', SECRET_KEY: 'secret', SMTP_URL: 'smtp://sink' }],
  ['notifier', { PATH: '/bin', SECRET_KEY: 'secret', SMTP_URL: 'smtp://sink' }],
  ['worker', { PATH: '/bin', WORK_DIRECTORY: '/work' }],
  ['setup', { PATH: '/bin' }],
] as const)('gives %s its own variables only', (app, variables) => {
  expect(variablesOf(app, ENVIRONMENT)).toEqual(variables);
});
