import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signatureHeaders } from './webhook-signature.js';

const aSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const content = (): { id: string; timestamp: number; body: string } => ({
  id: 'msg_1',
  timestamp: Math.floor(Date.now() / 1000),
  body: '{"type":"conversion.done","data":{"filename":"Übung 🎬.mp4"}}',
});

describe('signatureHeaders', () => {
  it('is verified by the library of Standard Webhooks', () => {
    const secret = aSecret();
    const signed = content();
    expect(new Webhook(secret).verify(signed.body, signatureHeaders(signed, [secret]))).toEqual(
      JSON.parse(signed.body),
    );
  });

  it('is verified with either secret during a rotation', () => {
    const [old, current] = [aSecret(), aSecret()];
    const signed = content();
    const headers = signatureHeaders(signed, [current, old]);
    for (const secret of [old, current]) expect(() => new Webhook(secret).verify(signed.body, headers)).not.toThrow();
    expect(() => new Webhook(aSecret()).verify(signed.body, headers)).toThrow();
  });

  it.each(['id', 'timestamp', 'body'] as const)('does not verify with another %s', (part) => {
    const secret = aSecret();
    const signed = content();
    const headers = signatureHeaders(signed, [secret]);
    const changed: Record<string, string> = { ...headers, ...(part === 'id' && { 'webhook-id': 'msg_2' }) };
    if (part === 'timestamp') changed['webhook-timestamp'] = String(signed.timestamp + 1);
    const body = part === 'body' ? `${signed.body} ` : signed.body;
    expect(() => new Webhook(secret).verify(body, changed)).toThrow();
  });
});
