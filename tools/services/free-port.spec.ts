import { describe, expect, it } from 'vitest';
import { freePort } from './free-port.mjs';

const LOWEST_EPHEMERAL_PORT = 32_768;

describe('freePort', () => {
  it('returns the port of the last run if it is free', async () => {
    expect(await freePort(23_456, async () => true)).toBe(23_456);
  });

  it('returns another one, outside of the range for outgoing connections, if it is not free', async () => {
    const port = await freePort(23_456, async (candidate) => candidate !== 23_456);

    expect(port).not.toBe(23_456);
    expect(port).toBeGreaterThan(1024);
    expect(port).toBeLessThan(LOWEST_EPHEMERAL_PORT);
  });

  it('throws if no port is free', async () => {
    await expect(freePort(undefined, async () => false)).rejects.toThrow('No free port');
  });
});
