import { EventEmitter, once } from 'node:events';
import { UnreachableError } from '@app/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClientUnderTest } from '../../test/client-under-test.js';
import { ServiceStub } from '../../test/service-stub.js';
import { openService } from './service.js';
import { ServiceUrl } from './service-url.js';
import { UploadForm } from './upload-form.js';

/** More than a connection takes without its other end reading. */
const MUCH_BYTES = 20_000_000;

let service: ServiceStub;
let folder: ClientUnderTest;

beforeEach(async () => {
  service = await ServiceStub.start();
  folder = await ClientUnderTest.create(service.url);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([service.stop(), folder.remove()]);
});

it('a connection that is reset while the file waits for it is not an error of the file', async () => {
  const file = new EventEmitter();
  vi.spyOn(UploadForm.prototype, 'chunks').mockImplementation(async function* () {
    yield Buffer.alloc(MUCH_BYTES);
    file.emit('waits');
    yield Buffer.alloc(1);
  });
  service.next('POST /media/upload', async (request, response) => {
    const waiting = once(file, 'waits');
    response.writeContinue();
    await waiting;
    request.socket.resetAndDestroy();
    return true;
  });
  const form = await UploadForm.open(await folder.video('video.mp4', MUCH_BYTES));
  const { client } = openService(ServiceUrl.parse(service.url), new AbortController().signal);
  const upload = client.upload({ source: form, token: 'a token', onProgress: () => undefined });
  await expect(upload).rejects.toBeInstanceOf(UnreachableError);
  await form.close();
});
