import { randomUUID } from 'node:crypto';
import { DomainError } from '@app/domain';
import { describe, expect, it } from 'vitest';
import { ConversionFinished, conversionFinished } from './conversion-finished.message.js';
import { ConversionRequested, conversionRequested } from './conversion-requested.message.js';
import type { Message } from './message.js';
import { MAX_MESSAGE_BYTES, parseMessage, serializeMessage } from './parse-message.js';

interface PlainMessage {
  readonly data: Record<string, unknown>;
}

const plain = (message: Message): PlainMessage => JSON.parse(JSON.stringify(message)) as PlainMessage;
const contentOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const requested = plain(conversionRequested({ job_id: randomUUID() }));
const finished = plain(
  conversionFinished({
    id: randomUUID(),
    occurredAt: new Date(),
    facts: { job_id: randomUUID(), user_id: 7, status: 'FAILED', error: 'no_audio_stream', revision: 4 },
  }),
);

const parseJson = (value: unknown): unknown => parseMessage(contentOf(value), 'application/json');

describe('parseMessage', () => {
  it.each([
    ['conversion.requested', requested, ConversionRequested],
    ['conversion.finished', finished, ConversionFinished],
    [
      'conversion.finished without an error',
      { ...finished, data: { ...finished.data, error: null } },
      ConversionFinished,
    ],
  ])('reads %s', (_, message, contract) => {
    const parsed = parseMessage(contentOf(message));
    expect(parsed).toBeInstanceOf(contract);
    expect(parsed).toEqual(message);
  });

  it('reads a serialized message', () => {
    const message = conversionRequested({ job_id: randomUUID() });
    expect(parseMessage(serializeMessage(message))).toEqual(message);
  });

  it('accepts a content type with parameters', () => {
    expect(parseMessage(contentOf(requested), 'Application/JSON; charset=utf-8')).toEqual(requested);
  });

  it('drops unknown fields', () => {
    const extended = { ...requested, later: 1, data: { ...requested.data, priority: 1 } };
    expect(parseJson(extended)).toEqual(requested);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 1],
    ['a text', 'conversion.requested'],
    ['a list', [requested]],
    ['no type', { ...requested, type: undefined }],
    ['an unknown type', { ...requested, type: 'conversion.started' }],
    ['a type that is a property of every object', { ...requested, type: 'constructor' }],
    ['a type that is no text', { ...requested, type: ['conversion.requested'] }],
    ['another version', { ...requested, version: 2 }],
    ['an id that is no uuid', { ...requested, id: '1' }],
    ['a time that is none', { ...requested, occurred_at: 'yesterday' }],
    ['no data', { ...requested, data: undefined }],
    ['data that is null', { ...requested, data: null }],
    ['data that is a list', { ...requested, data: [] }],
    ['data that is a text', { ...requested, data: 'x' }],
    ['a job id that is no uuid', { ...requested, data: { job_id: "1' OR 1=1" } }],
    ['a user id that is no number', { ...finished, data: { ...finished.data, user_id: '7' } }],
    ['a status that is not final', { ...finished, data: { ...finished.data, status: 'PROCESSING' } }],
    ['an unknown failure', { ...finished, data: { ...finished.data, error: 'bad_luck' } }],
    ['no word about a failure', { ...finished, data: { ...finished.data, error: undefined } }],
  ])('rejects %s', (_, value) => {
    expect(() => parseJson(value)).toThrow(expect.objectContaining({ code: 'malformed_message', retryable: false }));
  });

  it.each<[string, Buffer, string | undefined]>([
    ['nothing', Buffer.alloc(0), undefined],
    ['half a message', contentOf(requested).subarray(0, 40), undefined],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), undefined],
    ['too much', Buffer.alloc(MAX_MESSAGE_BYTES + 1, ' '), undefined],
    ['brackets without an end', Buffer.from('['.repeat(MAX_MESSAGE_BYTES)), undefined],
    ['another content type', contentOf(requested), 'application/x-python-serialize'],
    ['an empty content type', contentOf(requested), ''],
  ])('rejects %s', (_, content, contentType) => {
    expect(() => parseMessage(content, contentType)).toThrow(DomainError);
  });
});
