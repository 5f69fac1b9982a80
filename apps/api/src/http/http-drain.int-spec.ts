import { once } from 'node:events';
import { connect } from 'node:net';
import { waitFor } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { ApiUnderTest, aVideo } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';

const PART_HEAD = '--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n';

async function beginUpload(api: ApiUnderTest, sizeBytes: number): Promise<RawClient> {
  const { headers } = await api.signIn('ada');
  const client = await RawClient.connect(api.port);
  client.send(
    headLines(
      'POST /media/upload HTTP/1.1',
      'Host: api',
      'Content-Type: multipart/form-data; boundary=x',
      `Authorization: ${headers.Authorization}`,
      `Content-Length: ${PART_HEAD.length + sizeBytes + '\r\n--x--\r\n'.length}`,
    ),
  );
  client.send(`${PART_HEAD}${aVideo(sizeBytes).toString('latin1').slice(0, 100_000)}`);
  await waitFor(async () => (await api.storedFiles()).length > 0, { what: 'the upload to have begun' });
  return client;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

describe('a shutdown', () => {
  it('takes no new connection and lets the upload in flight end', async () => {
    const api = await ApiUnderTest.start();
    const client = await beginUpload(api, 200_000);
    const stopping = api.stop();
    await waitFor(() => isRefused(api.port), { what: 'connections to be refused' });
    client.send(`${aVideo(200_000).toString('latin1').slice(100_000)}\r\n--x--\r\n`);
    expect(await client.closed).toMatch(/^HTTP\/1.1 202 Accepted/);
    await stopping;
  });

  it('cuts off what lasts longer than the drain', async () => {
    const api = await ApiUnderTest.start({ variables: { DRAIN_SECONDS: '0' } });
    const client = await beginUpload(api, 200_000);
    await api.stop();
    expect(await client.closed).toBe('');
  });
});
