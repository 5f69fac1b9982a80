import { expect, it } from 'vitest';
import { describeHealth } from './readiness.mjs';

it('names what is missing', () => {
  const checks = {
    database: { status: 'up' },
    broker: { status: 'down' },
    workers: { status: 'down', detail: 'No worker is connected.' },
  };

  expect(describeHealth({ status: 'unavailable', checks })).toBe('broker (down), workers (No worker is connected.)');
});
