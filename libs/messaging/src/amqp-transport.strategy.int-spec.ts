import { randomUUID } from 'node:crypto';
import { waitFor } from '@app/testing';
import type { Options } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AmqpContext } from './amqp-context.js';
import { conversionFinished } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED, conversionRequested, ConversionRequested } from './conversion-requested.message.js';
import type { Disposition } from './disposition.js';
import { MAX_MESSAGE_BYTES } from './parse-message.js';
import { ConsumerUnderTest, VIDEO_DEAD } from './testing/consumer-under-test.js';
import { Gate } from './testing/gate.js';
import { EXCHANGE, VIDEO_QUEUE } from './topology.js';

describe('AmqpTransportStrategy', () => {
  let consumer: ConsumerUnderTest;

  beforeAll(async () => {
    consumer = await ConsumerUnderTest.prepare();
  });
  beforeEach(() => consumer.begin());
  afterEach(() => consumer.end());
  afterAll(() => consumer.remove());

  it('passes the parsed message and its context to the handler, and acknowledges it', async () => {
    const seen: [ConversionRequested, AmqpContext][] = [];
    await consumer.listen((message, context) => {
      seen.push([message, context]);
      return 'ack';
    });
    const jobId = consumer.send(undefined, { messageId: 'm-1', correlationId: 'r-1', headers: { traceparent: 't-1' } });
    await waitFor(() => seen.length > 0, { what: 'a delivery' });
    const [message, context] = seen[0] ?? [];
    expect(message).toBeInstanceOf(ConversionRequested);
    expect(message?.data.job_id).toBe(jobId);
    expect(context).toMatchObject({ messageId: 'm-1', correlationId: 'r-1', traceparent: 't-1', redelivered: false });
    await consumer.expectNothingLeft();
  });

  it('dead-letters or requeues the message as the handler decides', async () => {
    const dispositions: Disposition[] = ['requeue', 'dead-letter'];
    const redelivered: boolean[] = [];
    await consumer.listen((_, context) => {
      redelivered.push(context.redelivered);
      return dispositions.shift() ?? 'ack';
    });
    consumer.send();
    await expect.poll(() => consumer.ready(VIDEO_DEAD)).toBe(1);
    expect(redelivered).toEqual([false, true]);
    await consumer.expectNothingLeft();
  });

  it.each<[string, Buffer, Options.Publish]>([
    ['no JSON', Buffer.from('{'), {}],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}],
    ['an empty body', Buffer.alloc(0), {}],
    ['JSON that is no object', Buffer.from('[1]'), {}],
    [
      'an unknown type',
      Buffer.from(JSON.stringify(conversionRequested({ job_id: randomUUID() })).replace(CONVERSION_REQUESTED, 'x')),
      {},
    ],
    ['a wrong field', Buffer.from(JSON.stringify(conversionRequested({ job_id: 'x' }))), {}],
    [
      'another content type',
      Buffer.from(JSON.stringify(conversionRequested({ job_id: randomUUID() }))),
      { contentType: 'text/xml' },
    ],
    ['a huge body', Buffer.alloc(MAX_MESSAGE_BYTES * 20, ' '), {}],
    ['properties of strange types', Buffer.from('{}'), { headers: { traceparent: 7 } }],
    [
      'a type without a handler',
      Buffer.from(
        JSON.stringify(
          conversionFinished({
            id: randomUUID(),
            occurredAt: new Date(),
            facts: { job_id: randomUUID(), user_id: 1, status: 'DONE', error: null, revision: 1 },
          }),
        ),
      ),
      {},
    ],
  ])('dead-letters %s, four times in a row, and handles the next message', async (_, body, options) => {
    const gate = new Gate();
    await consumer.listen(gate.handler, 1);
    for (let copy = 0; copy < 4; copy += 1)
      consumer.channel.publish(EXCHANGE.name, CONVERSION_REQUESTED, body, options);
    const jobId = consumer.send();
    await gate.reached(1);
    expect(gate.jobs).toEqual([jobId]);
    gate.open();
    await expect.poll(() => consumer.ready(VIDEO_DEAD)).toBe(4);
    await consumer.expectNothingLeft();
  });

  it.each<[string, () => Disposition]>([
    [
      'throws',
      () => {
        throw new Error('unexpected');
      },
    ],
    ['answers nothing', () => undefined as never],
  ])('dead-letters the message of a handler that %s, and handles the next one', async (_, fail) => {
    const jobs: string[] = [];
    await consumer.listen(({ data }) => (jobs.push(data.job_id) === 1 ? fail() : 'ack'), 1);
    const sent = [consumer.send(), consumer.send()];
    await expect.poll(() => jobs).toEqual(sent);
    await expect.poll(() => consumer.ready(VIDEO_DEAD)).toBe(1);
    await consumer.expectNothingLeft();
  });

  it('dead-letters a message that was requeued twenty times', async () => {
    let deliveries = 0;
    await consumer.listen(() => {
      deliveries += 1;
      return 'requeue';
    });
    consumer.send();
    await expect.poll(() => consumer.ready(VIDEO_DEAD)).toBe(1);
    expect(deliveries).toBe(21);
  });

  it('receives no more deliveries than its prefetch allows', async () => {
    const gate = new Gate();
    await consumer.listen(gate.handler, 2);
    const sent = [consumer.send(), consumer.send(), consumer.send()];
    await gate.reached(2);
    await expect.poll(() => consumer.ready(VIDEO_QUEUE)).toBe(1);
    expect(gate.jobs).toEqual(sent.slice(0, 2));
    gate.open();
    await gate.reached(3);
    gate.open();
    gate.open();
    await consumer.expectNothingLeft();
  });

  it('receives nothing while paused, settles running deliveries, and continues after resume', async () => {
    const gate = new Gate();
    const sut = await consumer.listen(gate.handler);
    const first = consumer.send();
    await gate.reached(1);
    sut.pause();
    sut.pause();
    await waitFor(() => !sut.state.consuming, { what: 'the pause' });
    const second = consumer.send();
    gate.open();
    await sut.drained();
    await expect.poll(() => consumer.ready(VIDEO_QUEUE)).toBe(1);
    expect(sut.state).toEqual({ consuming: false, problem: null });
    sut.resume();
    sut.resume();
    await gate.reached(2);
    expect(gate.jobs).toEqual([first, second]);
    gate.open();
    await consumer.expectNothingLeft();
  });
});
