import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProcessLedger } from '../../tools/processes/process-ledger.mjs';
import { mailLogOf, startMailSink } from './mail-sink.mjs';

let folder: string;
let ledger: ProcessLedger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mail-sink-'));
  ledger = new ProcessLedger(join(folder, 'processes.json'));
});
afterEach(async () => {
  await ledger.stopAll();
  await rm(folder, { recursive: true });
});

it('keeps each email as a file that only its user can read, and logs a line about it', async () => {
  const mails = join(folder, 'mail');
  const { url } = await startMailSink({ folder: mails, ledger });
  const transport = createTransport({ url });
  for (const subject of ['Ready: clip.mp4', 'Grüße']) {
    await transport.sendMail({ from: 'mp3@localhost', to: 'ada@example.org', subject, text: `About ${subject}` });
  }
  const names = (await readdir(mails)).filter((name) => name.endsWith('.eml')).toSorted();
  expect(names).toHaveLength(2);
  const [first = ''] = names;
  expect(await readFile(join(mails, first), 'utf8')).toContain('Subject: Ready: clip.mp4');
  expect((await stat(join(mails, first))).mode & 0o777).toBe(0o600);
  const log = await readFile(mailLogOf(mails), 'utf8');
  expect(log).toContain(`to ada@example.org: Ready: clip.mp4 (${join(mails, first)})`);
  expect(log).toContain('to ada@example.org: Grüße');
});
