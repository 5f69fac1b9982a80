import { describe, expect, it } from 'vitest';
import { freePort } from './free-port.mjs';

const LOWEST_EPHEMERAL_PORT = 32_768;

describe('freePort', () => {
  it('takes the port of the last run where it is free', async () => {
    expect(await freePort(23_456, async () => true)).toBe(23_456);
  });

  it('takes another one, outside of the range for outgoing connections, where it is not', async () => {
    const port = await freePort(23_456, async (candidate) => candidate !== 23_456);

    expect(port).not.toBe(23_456);
    expect(port).toBeGreaterThan(1024);
    expect(port).toBeLessThan(LOWEST_EPHEMERAL_PORT);
  });

  it('gives up where nothing is free', async () => {
    await expect(freePort(undefined, async () => false)).rejects.toThrow('No free port');
  });
});
