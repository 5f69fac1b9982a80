import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enableFailpoints } from '@app/failpoints';
import { waitFor } from '@app/testing';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { declareTopology } from './declare-topology.js';
import { ConsumerUnderTest, VIDEO_DEAD } from './testing/consumer-under-test.js';
import { Gate } from './testing/gate.js';
import { VIDEO_QUEUE } from './topology.js';

describe('AmqpTransportStrategy', () => {
  let consumer: ConsumerUnderTest;

  beforeAll(async () => {
    consumer = await ConsumerUnderTest.prepare();
  });
  beforeEach(() => consumer.begin());
  afterEach(() => consumer.end());
  afterAll(() => consumer.remove());

  it('stays paused if it was paused before it connected', async () => {
    await consumer.proxy.refuse();
    const gate = new Gate();
    const sut = await consumer.listen(gate.handler);
    sut.pause();
    await consumer.proxy.refuse(false);
    await waitFor(() => sut.state.problem === null, { what: 'the connection' });
    consumer.send();
    await expect.poll(() => consumer.ready(VIDEO_QUEUE)).toBe(1);
    expect(sut.state.consuming).toBe(false);
    sut.resume();
    await gate.reached(1);
    gate.open();
    await consumer.expectNothingLeft();
  });

  it('starts without a broker, reports it, and consumes when the broker starts', async () => {
    await consumer.proxy.refuse();
    const sut = await consumer.listen(() => 'ack');
    expect(sut.state).toEqual({ consuming: false, problem: 'The message broker cannot be reached.' });
    await consumer.proxy.refuse(false);
    await consumer.consuming();
  });

  it('consumes again after its queue was deleted and declared again', async () => {
    const gate = new Gate();
    const sut = await consumer.listen(gate.handler);
    await consumer.consuming();
    await consumer.channel.deleteQueue(VIDEO_QUEUE);
    const problem = 'The queue video is missing on the message broker: run setup.';
    await waitFor(() => sut.state.problem === problem && !sut.state.consuming, { what: 'the problem' });
    await declareTopology(consumer.virtualHost.url);
    await consumer.consuming();
    consumer.send();
    await gate.reached(1);
    gate.open();
    await consumer.expectNothingLeft();
  });

  it('does not consume from a queue with other settings, does not change it, and reports it', async () => {
    await consumer.channel.deleteQueue(VIDEO_QUEUE);
    await consumer.channel.assertQueue(VIDEO_QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    onTestFinished(async () => {
      const cleaning = await connect(consumer.virtualHost.url);
      await (await cleaning.createChannel()).deleteQueue(VIDEO_QUEUE);
      await cleaning.close();
    });
    const sut = await consumer.listen(() => 'ack');
    await waitFor(() => sut.state.problem?.startsWith('The queue video exists') === true, { what: 'the problem' });
    expect(sut.state.consuming).toBe(false);
  });

  it('receives a message again after a lost connection, and the late ack settles no other message', async () => {
    const gate = new Gate();
    await consumer.listen(gate.handler, 1);
    const first = consumer.send();
    await gate.reached(1);
    consumer.proxy.cut();
    await gate.reached(2);
    const second = consumer.send();
    // The old run's ack: on a new channel this tag would belong to the delivery that is running now.
    gate.open('ack');
    await consumer.consuming();
    expect(gate.jobs).toEqual([first, first]);
    consumer.proxy.cut();
    await gate.reached(3);
    expect(gate.jobs[2]).toBe(first);
    gate.open('dead-letter');
    gate.open('ack');
    await gate.reached(4);
    expect(gate.jobs[3]).toBe(second);
    gate.open();
    await consumer.expectNothingLeft();
    await expect(consumer.ready(VIDEO_DEAD)).resolves.toBe(0);
  });

  it('tells the handler when the channel of its delivery has closed', async () => {
    const signals: AbortSignal[] = [];
    await consumer.listen((_, { channelClosed }) => {
      signals.push(channelClosed);
      return new Promise(() => undefined);
    }, 1);
    consumer.send();
    await waitFor(() => signals.length === 1, { what: 'the delivery' });
    expect(signals[0]?.aborted).toBe(false);
    consumer.proxy.cut();
    await waitFor(() => signals.length === 2, { what: 'the second delivery' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('consumes again although the wall clock was set back', async () => {
    const sut = await consumer.listen(() => 'ack');
    await consumer.consuming();
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now - 24 * 3_600_000);
    onTestFinished(() => clock.mockRestore());
    consumer.proxy.cut();
    await waitFor(() => !sut.state.consuming, { what: 'the loss', intervalMs: 1 });
    await expect.poll(() => sut.state.consuming, { timeout: 30_000 }).toBe(true);
  });

  it('leaves unfinished messages to other consumers when it closes', async () => {
    const gate = new Gate();
    const sut = await consumer.listen(gate.handler, 3);
    for (let index = 0; index < 5; index += 1) consumer.send();
    await gate.reached(3);
    sut.pause();
    gate.open('ack');
    gate.open('requeue');
    await sut.close();
    await expect.poll(() => consumer.ready(VIDEO_QUEUE)).toBe(4);
    expect(gate.jobs).toHaveLength(3);
  });

  it('is drained only when every running handler has ended', async () => {
    const gate = new Gate();
    const sut = await consumer.listen(gate.handler);
    consumer.send();
    consumer.send();
    await gate.reached(2);
    sut.pause();
    let isDrained = false;
    const draining = sut.drained().then(() => (isDrained = true));
    gate.open();
    await waitFor(() => !sut.state.consuming, { what: 'the end of consuming' });
    expect(isDrained).toBe(false);
    gate.open();
    await draining;
    await consumer.expectNothingLeft();
  });

  it.each(['ack.before', 'ack.after'] as const)('loses no message if its ack fails (%s)', async (name) => {
    const directory = await mkdtemp(join(tmpdir(), 'failpoints-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    enableFailpoints(directory, false);
    onTestFinished(() => enableFailpoints(undefined, false));
    await writeFile(join(directory, name), 'throw');
    const gate = new Gate();
    await consumer.listen(gate.handler, 1);
    const sent = [consumer.send(), consumer.send()];
    await gate.reached(1);
    gate.open();
    await gate.reached(2);
    expect(gate.jobs[1]).toBe(name === 'ack.before' ? sent[0] : sent[1]);
    gate.open();
    if (name === 'ack.before') {
      await gate.reached(3);
      gate.open();
    }
    await consumer.expectNothingLeft();
  });
});
