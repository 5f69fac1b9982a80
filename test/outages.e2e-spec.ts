import { OwnBroker, makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectNotStored } from './support/expect-not-stored.js';
import { FaultScene } from './support/fault-scene.js';
import { isDown, type Readiness } from './support/readiness.js';

describe('an outage', () => {
  let broker: OwnBroker;
  let scene: FaultScene;
  let clip: string;

  beforeAll(async () => {
    [clip, broker] = await Promise.all([makeClip({ seconds: 4 }), OwnBroker.start()]);
    scene = await FaultScene.prepare({ rabbitmqUrl: broker.url, isSetUp: false });
  });
  afterEach(() => scene.ffmpeg.speedUp());
  afterAll(async () => {
    await scene?.stop();
    await broker?.remove();
  });

  it('of everything that setup prepares: processes report it, and continue after setup', async () => {
    const { service } = scene;
    const worker = service.startWorker();
    service.startApi();
    const workerUrl = await service.healthUrlOf(worker);
    for (const url of [service.baseUrl, workerUrl]) {
      await waitFor(async () => isNotSetUp(await service.readiness(url)), {
        what: `${url} to name what is missing`,
      });
    }

    await service.setUp();

    await service.ready();
    await waitFor(async () => (await service.readiness(workerUrl)).status === 'ok', {
      what: 'the worker',
    });
    await scene.enter();
    await scene.expectDoneOnce((await scene.user.upload(clip)).id);
  });

  it('is not caused by a second setup, which does not affect a running job', async () => {
    const { id } = await scene.startSlowJob(clip);
    const before = await scene.rows.query('SELECT * FROM migrations');
    expect(await scene.service.setUp()).toContain('up to date');
    expect(await scene.rows.query('SELECT * FROM migrations')).toEqual(before);
    expect((await scene.service.readiness()).status).toBe('ok');
    await scene.expectDoneOnce(id);
  });

  it('of the broker: uploads are accepted, and jobs run once it is back, even on new processes', async () => {
    const { service } = scene;
    const running = await scene.startSlowJob(clip);
    await scene.ffmpeg.speedUp();
    await broker.kill();
    const early = await scene.user.upload(clip);
    await service.api.stop();
    service.startApi();
    const worker = service.startWorker();
    await waitFor(async () => isDown(await service.readiness(), 'broker'), {
      what: 'the api to name the broker',
    });
    expect((await fetch(`${await service.healthUrlOf(worker)}/health/live`)).status).toBe(200);
    const late = await scene.user.upload(clip);
    expect([early.status, late.status]).toEqual(['PENDING', 'PENDING']);

    await broker.restart();

    await scene.events.listen();
    await service.ready();
    for (const { id } of [running, early, late]) await scene.expectDoneOnce(id);
  });

  it('of a frozen broker: uploads are accepted', async () => {
    broker.freeze();
    const { id } = await scene.user.upload(clip);
    await waitFor(async () => isDown(await scene.service.readiness(), 'broker'), {
      what: 'the api to name the broker',
    });
    expect((await scene.user.status(id)).status).toBe('PENDING');
    broker.thaw();
    await scene.service.ready();
    await scene.events.listen().catch(() => undefined);
    await scene.expectDoneOnce(id);
  });

  it('of the storage folder: uploads are rejected, and a running job ends later', async () => {
    const { id } = await scene.startSlowJob(clip);
    await scene.ffmpeg.speedUp();
    await scene.withoutObjects('', async () => {
      await expectNotStored(scene.user, scene.service, clip);
      await waitFor(async () => (await scene.rows.one(id)).status === 'PENDING', { what: 'the retry to be planned' });
    });
    await scene.expectDoneOnce(id, 2);
  });
});

function isNotSetUp(readiness: Readiness): boolean {
  const isNamed = (name: string): boolean => readiness.checks[name]?.detail?.includes('run setup') === true;
  return isNamed('database') && isNamed('broker') && isDown(readiness, 'storage');
}
