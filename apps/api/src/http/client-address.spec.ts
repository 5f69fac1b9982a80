import { describe, expect, it } from 'vitest';
import { clientAddress, networkOf } from './client-address.js';

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
  ])('counts %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('clientAddress', () => {
  const socket = { remoteAddress: '192.0.2.1' };

  it('is what the trusted proxy says', () => {
    expect(clientAddress({ ip: '198.51.100.1', socket } as never)).toBe('198.51.100.1');
  });

  it.each([['unknown'], [''], [undefined], ['198.51.100.1:4711'], ['x'.repeat(10_000)]])(
    'is the address of the connection where the proxy says %s',
    (ip) => {
      expect(clientAddress({ ip, socket } as never)).toBe('192.0.2.1');
    },
  );
});
