import { describe, expect, it } from 'vitest';
import { redactFields } from './redact.js';
import { REDACTED, redactText } from './redact-text.js';

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
  ])('removes the secret from %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'http://127.0.0.1:3000/media',
    'see https://example.org:8443/a@b',
    'PENDING → PROCESSING of 0af76519-16cd-43dd-8448-eb211c80319c',
    '{"msg":"The password is wrong","username":"ann"}',
    'Basic idea',
  ])('does not change %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['a JWT after other text', 'id-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.abc', `id-${REDACTED}`],
    ['a second name', 'next=token=abc', `next=token=${REDACTED}`],
    ['a name of any length', `${'x'.repeat(100)}_token=abc`, `${'x'.repeat(100)}_token=${REDACTED}`],
    ['a value with an escaped quote', String.raw`{"secret":"a\"b","n":1}`, `{"secret":"${REDACTED}","n":1}`],
    ['a password of any length', `a://b:${'c'.repeat(5000)}@d`, `a://b:${REDACTED}@d`],
  ])('finds %s', (_name, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  // Inputs that make a careless pattern backtrack.
  it.each(
    ['-eyJ', 'eyJ-', 'eyJ.', '.eyJ-', 'a', '://', '://a:', '://a:@', 'a-', '="', 'token', 'token-', '-token='].concat([
      'x=',
      '"token',
      '\\"token',
      '"token":"\\',
      'Bearer ',
      'Bearer\t',
      ' ',
      'a.',
      '&a=',
      '"a":"',
    ]),
  )('runs in linear time on a line of repeated %j', (unit) => {
    const of = (characters: number): string => unit.repeat(Math.ceil(characters / unit.length));
    // With 16 times the length, linear work grows 16 times and quadratic work 256 times.
    const short = cpuTime(() => redactText(of(5_000)), 16);
    const long = cpuTime(() => redactText(of(80_000)), 1);
    // Very short times depend on the resolution of the clock.
    expect(long).toBeLessThan(4 * Math.max(short, 20_000));
  });
});

/** Returns the CPU time of this process in microseconds, the minimum of several runs. */
function cpuTime(work: () => void, times: number): number {
  const tries = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i += 1) work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...tries);
}

describe('redactFields', () => {
  it('hides fields with the name of a secret at any depth', () => {
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

  it('serializes errors in any field', () => {
    const line = redactFields({ err: new Error('a', { cause: new Error('b') }), nested: { why: new TypeError('c') } });
    expect(line).toMatchObject({
      err: { message: 'a', cause: { message: 'b' } },
      nested: { why: { type: 'TypeError', message: 'c' } },
    });
  });

  it('stops at an object that contains itself', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    expect(JSON.stringify(redactFields(circle))).toContain('circle');
  });

  it('cuts long texts and names', () => {
    const [[name = '', value] = []] = Object.entries(redactFields({ ['n'.repeat(5000)]: 'v'.repeat(5000) }));
    expect(name).toMatch(/^n{100}… \(5000 characters\)$/);
    expect(value).toMatch(/^v{1000}… \(5000 characters\)$/);
  });

  it.each<[string, unknown]>([
    ['many fields', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field-${i}`, 'x'.repeat(5000)]))],
    ['wide and deep lists', nested(6, 50)],
    [
      'many errors',
      new AggregateError(
        Array.from({ length: 5 }, () => aggregate(4)),
        'x'.repeat(5000),
      ),
    ],
  ])('limits the size of a line for %s', (_name, value) => {
    expect(JSON.stringify(redactFields({ value })).length).toBeLessThan(64 * 1024);
  });

  it('does not change the given object', () => {
    const fields = { login: { password: 'x' } };
    redactFields(fields);
    expect(fields).toEqual({ login: { password: 'x' } });
  });
});

function nested(depth: number, width: number): unknown {
  return depth === 0 ? 1 : Array.from({ length: width }, () => (depth > 2 ? nested(depth - 2, width) : 1));
}

function aggregate(depth: number): Error {
  const errors = depth === 0 ? [] : Array.from({ length: 5 }, () => aggregate(depth - 1));
  return new AggregateError(errors, 'y'.repeat(5000));
}
