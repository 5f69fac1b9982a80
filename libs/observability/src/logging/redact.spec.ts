import { describe, expect, it } from 'vitest';
import { REDACTED, redactFields, redactText } from './redact.js';

describe('redactText', () => {
  it.each([
    ['amqp://user:s3cret@broker:5672/', `amqp://user:${REDACTED}@broker:5672/`],
    ['connect postgresql://u:p%40ss@db:5432/x failed', `connect postgresql://u:${REDACTED}@db:5432/x failed`],
    ['amqps://u:with@sign@host/vhost', `amqps://u:${REDACTED}@host/vhost`],
    ['postgresql+psycopg://:only@host', `postgresql+psycopg://:${REDACTED}@host`],
    ['two: a://b:c@d and e://f:g@h', `two: a://b:${REDACTED}@d and e://f:${REDACTED}@h`],
    ['Authorization was Bearer abcdefgh.ijk-_~+/=', `Authorization was Bearer ${REDACTED}`],
    ['Basic dXNlcjpwYXNz', `Basic ${REDACTED}`],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.abc_-1 expired', `jwt ${REDACTED} expired`],
    ['host=db password=s3cret user=x', `host=db password=${REDACTED} user=x`],
    ['GET /x?access_token=abc&limit=1', `GET /x?access_token=${REDACTED}&limit=1`],
    ['/media/a?X-Amz-Signature=0af&b=1', `/media/a?X-Amz-Signature=${REDACTED}&b=1`],
    ['SECRET_KEY=abc STORAGE_ACCESS_KEY=def', `SECRET_KEY=${REDACTED} STORAGE_ACCESS_KEY=${REDACTED}`],
    ['{"password":"s3cret","n":1}', `{"password":"${REDACTED}","n":1}`],
    [String.raw`{"msg":"body {\"secretKey\": \"abc\"}"}`, String.raw`{"msg":"body {\"secretKey\": \"[redacted]\"}"}`],
  ])('takes the secret out of %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'http://127.0.0.1:3000/media',
    'see https://example.org:8443/a@b',
    'PENDING → PROCESSING of 0af76519-16cd-43dd-8448-eb211c80319c',
    '{"msg":"The password is wrong","username":"ann"}',
    'Basic idea',
  ])('leaves %s as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each(['a', '://', 'a-', '="', 'token', '://a:', 'eyJ', '\\"token'])(
    'takes a long line made of %j in its stride',
    (unit) => {
      const line = unit.repeat(1_000_000 / unit.length);
      expect(redactText(line).length).toBeGreaterThan(0);
    },
  );
});

describe('redactFields', () => {
  it('hides what is named like a secret, however deep', () => {
    const fields = {
      job_id: 'j',
      password: 'x',
      headers: { Authorization: 'x', 'Set-Cookie': ['x'], accept: '*/*' },
      list: [{ secretKey: 'x', accessKey: 'x', api_key: 'x', name: 'n' }],
      refreshToken: null,
    };
    expect(redactFields(fields)).toEqual({
      job_id: 'j',
      password: REDACTED,
      headers: { Authorization: REDACTED, 'Set-Cookie': REDACTED, accept: '*/*' },
      list: [{ secretKey: REDACTED, accessKey: REDACTED, api_key: REDACTED, name: 'n' }],
      refreshToken: null,
    });
  });

  it('writes errors out wherever they stand', () => {
    const line = redactFields({ err: new Error('a', { cause: new Error('b') }), nested: { why: new TypeError('c') } });
    expect(line).toMatchObject({
      err: { message: 'a', cause: { message: 'b' } },
      nested: { why: { type: 'TypeError', message: 'c' } },
    });
  });

  it('ends where an object contains itself', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    expect(JSON.stringify(redactFields(circle))).toContain('circle');
  });

  it('changes nothing in the object that it was given', () => {
    const fields = { login: { password: 'x' } };
    redactFields(fields);
    expect(fields).toEqual({ login: { password: 'x' } });
  });
});
