import { connect, type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { CoreEnv } from '@app/config';
import { waitFor } from '@app/testing';
import { Controller, Get, Global, Logger, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HealthModule } from '../health/health.module.js';
import { HealthRegistry } from '../health/health-registry.js';
import { currentTraceparent, LogContext } from './log-context.js';
import { loggerOptions, paramsFor } from './logger-options.js';
import { LoggingModule } from './logging.module.js';
import { REDACTED } from './redact-text.js';
import { useStructuredLogs } from './use-structured-logs.js';

type Line = Record<string, unknown>;

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const lines: string[] = [];

const stream = new Writable({
  write: (chunk: Buffer, _, done) => {
    lines.push(chunk.toString());
    done();
  },
});

@Controller()
class TestController {
  private readonly logger = new Logger('Test');

  @Get('hello')
  hello(): { traceparent: string | undefined } {
    this.logger.log({ msg: 'hello', password: 'x' });
    LogContext.run({ job_id: 'job-1' }, () => this.logger.log('within a job'));
    return { traceparent: currentTraceparent() };
  }

  @Get('failing')
  failing(): void {
    const cause = Object.assign(new Error('connect amqp://user:s3cret@broker'), { code: 'ECONNREFUSED' });
    throw new Error('outer', { cause });
  }

  @Get('endless')
  endless(): Promise<void> {
    return new Promise(() => undefined);
  }
}

@Global()
@Module({ providers: [CoreEnv], exports: [CoreEnv] })
class EnvModule {}

// The parameters of the module, except for the stream that the test reads.
@Module({
  imports: [
    EnvModule,
    HealthModule,
    LoggerModule.forRoot(paramsFor(loggerOptions(productionEnv(), 'api'), stream)),
    LoggingModule,
  ],
  controllers: [TestController],
})
class TestModule {}

function productionEnv(): CoreEnv {
  return Object.assign(new CoreEnv(), { ENV: 'production' });
}

describe('the logs of a process', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(TestModule, { bufferLogs: true });
    useStructuredLogs(app);
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });

  afterAll(() => app.close());

  beforeEach(() => {
    lines.length = 0;
  });

  const parsed = (): Line[] => lines.map((line) => JSON.parse(line) as Line);
  const lineOf = (message: string): Promise<Line> =>
    waitFor(() => parsed().find(({ msg }) => msg === message), { what: `the line "${message}"` });

  it('contain the request id and the trace of the client, and return the id to it', async () => {
    const headers = { 'x-request-id': 'req-7', traceparent: TRACEPARENT, authorization: 'Bearer abcdefghijkl' };
    const response = await fetch(`${url}/hello?access_token=abc`, { headers });
    expect(response.headers.get('x-request-id')).toBe('req-7');
    await expect(response.json()).resolves.toEqual({ traceparent: TRACEPARENT });
    const completed = await lineOf('request completed');
    expect(completed).toMatchObject({
      level: 'info',
      service: 'video-to-mp3',
      process: 'api',
      pid: process.pid,
      request_id: 'req-7',
      req: { method: 'GET', url: `/hello?access_token=${REDACTED}` },
      res: { status: 200 },
    });
    const trace = { request_id: 'req-7', trace_id: '0af7651916cd43dd8448eb211c80319c' };
    expect(await lineOf('hello')).toMatchObject({ ...trace, context: 'Test', password: REDACTED });
    expect(await lineOf('within a job')).toMatchObject({ ...trace, job_id: 'job-1' });
    expect(lines.join('')).not.toContain('abcdefghijkl');
    for (const line of lines) expect(line.match(/"request_id"/g)).toHaveLength(1);
  });

  it('cut long URLs', async () => {
    await fetch(`${url}/hello?q=${'x'.repeat(10_000)}`);
    const completed = await lineOf('request completed');
    expect(JSON.stringify(completed).length).toBeLessThan(1000);
    expect(completed).toMatchObject({
      req: { url: expect.stringMatching(/^\/hello\?q=x+… \(\d+ characters\)$/) as string },
    });
  });

  it('generate an id for a request without a safe one', async () => {
    const response = await fetch(`${url}/hello`, { headers: { 'x-request-id': '<script>' } });
    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await lineOf('request completed')).toMatchObject({ request_id: id });
  });

  it('contain an error with its causes, without secrets', async () => {
    const response = await fetch(`${url}/failing`);
    expect(response.status).toBe(500);
    const failed = await lineOf('outer');
    expect(failed).toMatchObject({
      level: 'error',
      err: { message: 'outer', cause: { code: 'ECONNREFUSED', message: `connect amqp://user:${REDACTED}@broker` } },
    });
    expect(await lineOf('request failed')).toMatchObject({ level: 'error', res: { status: 500 } });
    expect(lines.join('')).not.toContain('s3cret');
  });

  it('report a disconnected client, but not as an error', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setImmediate(resolve));
    await waitFor(() => socket.bytesWritten > 0, { what: 'the request to be sent' });
    await fetch(`${url}/hello`);
    socket.destroy();
    expect(await lineOf('request aborted')).toMatchObject({ level: 'info' });
    expect(parsed().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('do not contain health probes', async () => {
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(ready.headers.get('cache-control')).toBe('no-store');
    await expect(ready.json()).resolves.toEqual({ status: 'ok', checks: {} });
    app.get(HealthRegistry).register('broker', () => Promise.reject(new Error('down')));
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    await fetch(`${url}/hello`);
    await lineOf('request completed');
    expect(parsed().filter(({ req }) => JSON.stringify(req)?.includes('/health'))).toEqual([]);
    expect(parsed()).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'broker is down', context: 'Health' }),
    );
  });
});
