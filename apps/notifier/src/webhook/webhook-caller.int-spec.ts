import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { waitFor } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebhookReceiver, answering, type Behavior } from '../../test/webhook-receiver.js';
import { WebhookCaller, type WebhookAnswer } from './webhook-caller.js';
import { WebhookEnv } from './webhook.env.js';

const anEnv = (values: Partial<WebhookEnv> = {}): WebhookEnv =>
  Object.assign(new WebhookEnv(), { WEBHOOK_PRIVATE_ADDRESSES: 'allow', ...values });

describe('WebhookCaller', () => {
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
  });
  afterEach(() => receiver.stop());

  function call(url: string, env = anEnv(), signal = new AbortController().signal): Promise<WebhookAnswer> {
    return new WebhookCaller(env).call({ url, headers: { 'webhook-id': '1' }, body: '{"a":"ä"}', signal });
  }

  it('posts the body with its headers', async () => {
    expect(await call(`${receiver.url}?key=1`)).toEqual({ httpStatus: 204, error: null });
    expect(receiver.calls).toMatchObject([
      {
        path: '/hook?key=1',
        body: '{"a":"ä"}',
        headers: { 'webhook-id': '1', 'content-type': 'application/json', 'content-length': '10' },
      },
    ]);
  });

  it.each<[string, Behavior, WebhookAnswer]>([
    ['answers 500', answering(500), { httpStatus: 500, error: 'The server answered 500.' }],
    ['is gone', answering(410), { httpStatus: 410, error: 'The server answered 410.' }],
    [
      'redirects',
      (request, response) => answering(302, { Location: `http://${request.headers.host}/other` })(request, response),
      { httpStatus: 302, error: 'The server answered 302. Redirects are not followed.' },
    ],
    [
      'closes early',
      (request) => request.socket.destroy(),
      { httpStatus: null, error: 'The server closed the connection before it answered.' },
    ],
    [
      'sends endless headers',
      (request) => request.socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
      { httpStatus: null, error: 'The answer of the server is not HTTP.' },
    ],
  ])('reports a server that %s', async (_name, behavior, answer) => {
    receiver.behavior = behavior;
    expect(await call(receiver.url)).toEqual(answer);
    expect(receiver.calls).toHaveLength(1);
  });

  it('reads no body, however long it is', async () => {
    receiver.behavior = (_request, response) => {
      const flood = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.writeHead(200).on('drain', flood);
      flood();
    };
    expect(await call(receiver.url)).toEqual({ httpStatus: 200, error: null });
    await waitFor(() => receiver.sockets.size === 0, { what: 'the end of the connection' });
  });

  it('gives up on a server that does not answer in time', async () => {
    receiver.behavior = () => undefined;
    expect(await call(receiver.url, anEnv({ WEBHOOK_TIMEOUT_SECONDS: 1 }))).toEqual({
      httpStatus: null,
      error: 'The server did not answer within 1 seconds.',
    });
    await waitFor(() => receiver.sockets.size === 0, { what: 'the end of the connection' });
  });

  it('ends when the notifier stops', async () => {
    const controller = new AbortController();
    receiver.behavior = () => controller.abort(new Error('stopping'));
    await expect(call(receiver.url, anEnv(), controller.signal)).rejects.toThrow('stopping');
  });

  it('reports a server that refuses the connection, and one that speaks no HTTP', async () => {
    const server: Server = createServer((socket) => socket.resume().end('SSH-2.0\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    expect(await call(url)).toEqual({ httpStatus: null, error: 'The answer of the server is not HTTP.' });
    server.close();
    await once(server, 'close');
    expect(await call(url)).toEqual({ httpStatus: null, error: 'The server refused the connection.' });
  });

  describe('in production', () => {
    const env = anEnv({ WEBHOOK_PRIVATE_ADDRESSES: 'refuse' });
    const refused = { httpStatus: null, error: 'The address is private. Only public addresses are called.' };

    it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])('never connects to %s', async (host) => {
      const { port } = new URL(receiver.url);
      expect(await call(`http://${host}:${port}/hook`, env)).toEqual(refused);
      expect(receiver.calls).toEqual([]);
    });
  });
});
