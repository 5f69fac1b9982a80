import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureHeaders, type SignedContent } from './webhook-signature.js';

const DOCUMENT = join(import.meta.dirname, '../../../../docs/notifications.md');
const RECEIVERS = [
  { language: 'js', program: process.execPath, file: 'receiver.mjs' },
  { language: 'python', program: 'python3', file: 'receiver.py' },
];
const MAX_LINES = 15;
const BODY = '{"type":"conversion.done","data":{"filename":"Übung 🎬.mp4"}}';

const aSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const now = (): number => Math.floor(Date.now() / 1000);

const lacks = RECEIVERS.map(({ program }) => program).filter((name) => spawnSync(name, ['--version']).status !== 0);
if (lacks.length > 0)
  console.warn(`The receivers of docs/notifications.md are not all run: ${lacks.join(', ')} not found`);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function codeOf(language: string): Promise<string> {
  const document = await readFile(DOCUMENT, 'utf8');
  const code = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(document)?.[1];
  if (code === undefined) throw new Error(`docs/notifications.md has no receiver in ${language}`);
  return code;
}

describe.each(RECEIVERS)('the receiver of docs/notifications.md in $language', ({ language, program, file }) => {
  const secret = aSecret();
  let code: string;
  let folder: string;
  let url: string;
  let receiver: ChildProcess | undefined;
  let printed = '';

  beforeAll(async () => {
    code = await codeOf(language);
    folder = await mkdtemp(join(tmpdir(), 'receiver-'));
    await writeFile(join(folder, file), code);
    if (lacks.includes(program)) return;
    const port = await freePort();
    url = `http://127.0.0.1:${port}/hook`;
    const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) };
    receiver = spawn(program, [join(folder, file)], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    receiver.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await waitFor(
      () =>
        fetch(url, { method: 'POST', body: '' }).then(
          () => true,
          () => false,
        ),
      {
        what: 'the receiver',
      },
    );
  });

  afterAll(async () => {
    if (receiver !== undefined && receiver.exitCode === null) {
      receiver.kill('SIGKILL');
      await once(receiver, 'exit');
    }
    await rm(folder, { recursive: true });
  });

  const content = (values: Partial<SignedContent> = {}): SignedContent => ({
    id: randomUUID(),
    timestamp: now(),
    body: BODY,
    ...values,
  });

  async function call(
    signed: SignedContent,
    secrets: readonly string[],
    sent: Partial<SignedContent> = {},
  ): Promise<number> {
    const { id, timestamp, body } = { ...signed, ...sent };
    const headers = { ...signatureHeaders(signed, secrets), 'webhook-id': id, 'webhook-timestamp': String(timestamp) };
    return (await fetch(url, { method: 'POST', headers, body })).status;
  }

  it(`has at most ${MAX_LINES} lines`, () => {
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(MAX_LINES);
  });

  describe.skipIf(lacks.includes(program))('as a process', () => {
    it('accepts a signed call and prints its event', async () => {
      const signed = content();
      expect(await call(signed, [secret])).toBe(204);
      await waitFor(() => printed.includes(`${signed.id} conversion.done`), { what: 'the printed event' });
    });

    it('accepts a call that is signed with two secrets, one of which it knows', async () => {
      expect(await call(content(), [aSecret(), secret])).toBe(204);
      expect(await call(content(), [secret, aSecret()])).toBe(204);
    });

    it.each([
      ['another secret', content(), [aSecret()], {}],
      ['another body', content(), [secret], { body: BODY.replace('done', 'fail') }],
      ['another id', content(), [secret], { id: randomUUID() }],
      ['another time', content(), [secret], { timestamp: now() - 1 }],
      ['a time ten minutes ago', content({ timestamp: now() - 600 }), [secret], {}],
      ['a time in ten minutes', content({ timestamp: now() + 600 }), [secret], {}],
    ] as const)('rejects a call with %s', async (_name, signed, secrets, sent) => {
      expect(await call(signed, secrets, sent)).toBe(401);
      expect(printed).not.toContain(signed.id);
    });

    it('rejects a call without a signature, and one whose signature is no text, and goes on', async () => {
      expect((await fetch(url, { method: 'POST', body: BODY })).status).toBe(401);
      const headers = {
        'webhook-id': '1',
        'webhook-timestamp': 'x',
        'webhook-signature': 'v1,\u00e4'.padEnd(47, '\u00e4'),
      };
      expect((await fetch(url, { method: 'POST', headers, body: BODY })).status).toBe(401);
      expect(await call(content(), [secret])).toBe(204);
    });
  });
});
