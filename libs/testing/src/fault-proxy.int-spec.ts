import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.js';
import { waitFor } from './wait-for.js';

describe('FaultProxy', () => {
  let echo: Server;
  let sut: FaultProxy;
  let accepted: number;
  const clients: Socket[] = [];

  beforeEach(async () => {
    accepted = 0;
    echo = createServer((socket) => {
      accepted += 1;
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    sut = await FaultProxy.start('127.0.0.1', (echo.address() as AddressInfo).port);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await sut.close();
    echo.close();
  });

  /** Records the received bytes and the end of the connection. */
  async function connected(): Promise<{ socket: Socket; received: () => number; end: () => string | undefined }> {
    const socket = connect(sut.port, '127.0.0.1');
    clients.push(socket);
    let bytes = 0;
    let end: string | undefined;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.on('error', (error: NodeJS.ErrnoException) => (end = error.code));
    socket.on('end', () => (end ??= 'end'));
    await once(socket, 'connect');
    return { socket, received: () => bytes, end: () => end };
  }

  it('forwards bytes in both directions, and the end of a connection', async () => {
    const { socket, received, end } = await connected();
    socket.end(Buffer.alloc(1_000_000));
    await waitFor(() => end() === 'end');
    expect(received()).toBe(1_000_000);
    await waitFor(() => sut.connectionCount === 0);
  });

  it('holds bytes and connections until it is released', async () => {
    const early = await connected();
    early.socket.write('1');
    await waitFor(() => early.received() === 1);
    sut.hold();
    const late = await connected();
    early.socket.write('2');
    late.socket.write('3');
    await waitFor(() => sut.connectionCount === 2);
    expect([early.received(), late.received(), accepted]).toEqual([1, 0, 1]);
    sut.release();
    await waitFor(() => early.received() === 2 && late.received() === 1);
  });

  it('resets open and held connections, and accepts new ones', async () => {
    const open = await connected();
    sut.hold();
    const held = await connected();
    await waitFor(() => sut.connectionCount === 2);
    sut.cut();
    await waitFor(() => open.end() === 'ECONNRESET' && held.end() === 'ECONNRESET');
    sut.release();
    const next = await connected();
    next.socket.write('1');
    await waitFor(() => next.received() === 1);
  });

  it('refuses new connections and keeps open ones, until it is turned off', async () => {
    const open = await connected();
    await sut.refuse();
    await sut.refuse();
    await expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    open.socket.write('1');
    await waitFor(() => open.received() === 1);
    await sut.refuse(false);
    await sut.refuse(false);
    const next = await connected();
    next.socket.write('1');
    await waitFor(() => next.received() === 1);
  });

  it('throttles without losing bytes', async () => {
    sut.throttle(4_000_000);
    const { socket, received } = await connected();
    const startedAt = performance.now();
    socket.write(Buffer.alloc(1_000_000));
    await waitFor(() => received() === 1_000_000);
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });

  it('resets the client if the service is gone', async () => {
    echo.close();
    const { end } = await connected();
    await waitFor(() => end() !== undefined);
    expect(['ECONNRESET', 'end']).toContain(end());
  });
});
