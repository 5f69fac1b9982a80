import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { headLines, RawClient } from '../../test/raw-client.js';
import { capConnections, type ConnectionCap } from './connection-cap.js';
import { closeSlowConnections } from './connection-floor.js';
import { answerRawProblems } from './raw-problems.js';

/** Short windows, so that a slow client is found soon; a client that moves anything within them is fast enough. */
const PACE = { minBytesPerSecond: 10, receiveWindowMs: 400, sendWindowMs: 400, lingerMs: 50, checkIntervalMs: 20 };
const LARGE = Buffer.alloc(64 * 1024 ** 2);

describe('connections', () => {
  const clients: RawClient[] = [];
  let server: Server;

  async function serve(listener: RequestListener): Promise<number> {
    server = createServer({ headersTimeout: 500, connectionsCheckingInterval: 50 }, listener);
    server.requestTimeout = 0;
    answerRawProblems(server);
    closeSlowConnections(server, PACE);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function connect(port: number, text: string): Promise<RawClient> {
    const client = await RawClient.connect(port, { allowHalfOpen: true });
    clients.push(client);
    client.send(text);
    return client;
  }

  const openConnections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  const expectAllClosed = (): Promise<unknown> =>
    waitFor(async () => (await openConnections()) === 0, { what: 'all connections to be closed' });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.leave();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });

  it('whose clients do not read a large answer are closed', async () => {
    const port = await serve((_request, response) => response.end(LARGE));
    const request = headLines('GET / HTTP/1.1', 'Host: api');
    const readers = await Promise.all(Array.from({ length: 20 }, () => connect(port, request)));
    for (const reader of readers) reader.stopReading();
    await waitFor(async () => (await openConnections()) === 20, { what: 'all to be open' });
    await expectAllClosed();
  });

  it.each([
    ['is not HTTP', 'hello\r\n\r\n'],
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: api\r\nX: '],
    ['does not begin', ''],
  ])('whose request %s are closed after the answer, though the client keeps its side open', async (_name, text) => {
    const port = await serve((_request, response) => response.end('unreachable'));
    const client = await connect(port, text);
    await waitFor(() => /^HTTP\/1.1 4\d\d .*\}$/s.test(client.received), { what: 'the whole answer' });
    await expectAllClosed();
  });

  it('whose body stops coming are closed', async () => {
    const port = await serve((request) => request.resume());
    await connect(port, headLines('POST / HTTP/1.1', 'Host: api', 'Content-Length: 1000') + 'begun');
    await expectAllClosed();
  });

  it('whose body nobody reads are closed after the answer, however fast it comes', async () => {
    const port = await serve((_request, response) => response.end('answered'));
    const client = await connect(port, headLines('GET / HTTP/1.1', 'Host: api', 'Content-Length: 100000000'));
    const sending = setInterval(() => client.send('x'.repeat(100)), 5);
    await waitFor(() => client.received.endsWith('answered'), { what: 'the answer' });
    await expectAllClosed();
    clearInterval(sending);
  });

  it('stay while the service takes its time', async () => {
    const answers: (() => void)[] = [];
    const port = await serve((request, response) => {
      // Begins to read, and then waits for something else.
      request.once('data', () => request.pause());
      answers.push(() => response.end('answered'));
    });
    const body = 'x'.repeat(200_000);
    const sender = await connect(port, headLines('POST / HTTP/1.1', 'Host: api', `Content-Length: ${body.length}`));
    sender.send(body);
    const reader = await connect(port, headLines('GET / HTTP/1.1', 'Host: api'));
    await waitFor(() => answers.length === 2, { what: 'both requests' });
    // As many checks as a slow client would not outlive.
    let checks = 0;
    await waitFor(() => (checks += 1) > 100, { what: 'several windows', intervalMs: PACE.checkIntervalMs });
    for (const answer of answers) answer();
    await waitFor(() => [sender, reader].every(({ received }) => received.includes('answered')), {
      what: 'both answers',
    });
  });

  it('of one address are capped, and admitted again when others close', async () => {
    const port = await serve((_request, response) => response.end('served'));
    cap({ maxPerAddress: 3, max: 100 });
    const request = headLines('GET / HTTP/1.1', 'Host: api');
    const served = await Promise.all([1, 2, 3].map(() => connect(port, request)));
    await waitFor(() => served.every(({ received }) => received.includes('served')), { what: 'three answers' });
    expect(await (await RawClient.connect(port)).closed).toBe('');
    expect(served.every(({ isOpen }) => isOpen)).toBe(true);
    served[0]?.leave();
    await waitFor(async () => (await openConnections()) === 2, { what: 'one to be closed' });
    const next = await connect(port, request);
    await waitFor(() => next.received.includes('served'), { what: 'the next answer' });
  });

  it('of a trusted proxy are capped in all only', async () => {
    const port = await serve((_request, response) => response.end('served'));
    cap({ maxPerAddress: 1, max: 3, isTrustedProxy: (address) => address.endsWith('127.0.0.1') });
    const request = headLines('GET / HTTP/1.1', 'Host: api');
    const served = await Promise.all([1, 2, 3].map(() => connect(port, request)));
    await waitFor(() => served.every(({ received }) => received.includes('served')), { what: 'three answers' });
    expect(await (await RawClient.connect(port)).closed).toBe('');
  });

  function cap(options: Partial<ConnectionCap>): void {
    capConnections(server, { maxPerAddress: 100, max: 100, isTrustedProxy: () => false, ...options });
  }
});
