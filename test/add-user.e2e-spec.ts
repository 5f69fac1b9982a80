import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript, type ScriptEnd } from './support/run-script.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const COMMAND = [process.execPath, 'scripts/add-user.mjs'];
const PASSWORD = 'correct horse battery';

describe('npm run user:add on a service with closed registration', () => {
  let service: ServiceUnderTest;

  beforeAll(async () => {
    service = await ServiceUnderTest.start({ workers: 0, env: { REGISTRATION: 'closed' } });
    // The first command of a checkout builds the programs, and says so.
    await addUser('a b', 'short');
  });
  afterAll(() => service?.stop());

  const addUser = (name: string, password: string): Promise<ScriptEnd> =>
    runScript([...COMMAND, name], { env: { DATABASE_URL: service.databaseUrl }, input: `${password}\n` });

  const post = (path: string, username: string, password = PASSWORD): Promise<Response> =>
    fetch(`${service.baseUrl}/auth/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });

  it('creates an account that can sign in although the API rejects sign-up, and only once', async () => {
    const rejected = await post('register', 'ada');
    expect([rejected.status, await rejected.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'registration_closed' }),
    ]);
    expect(await addUser('ada', PASSWORD)).toEqual({
      exitCode: 0,
      output: 'Created the account ada. It can sign in now.\n',
    });
    expect((await post('login', 'ada')).status).toBe(200);
    expect(await addUser('Ada', PASSWORD)).toEqual({
      exitCode: 1,
      output: 'This username is taken. Choose another one.\n',
    });
  });

  it('rejects what the API rejects', async () => {
    const { exitCode, output } = await addUser('a b', 'short');
    expect(exitCode).toBe(1);
    expect(output.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^The username can contain only letters/),
      expect.stringMatching(/^The password must have at least 8 characters/),
    ]);
  });

  it('asks a terminal, and does not show the password', async () => {
    const { exitCode, output } = await runScript(['script', '-qec', COMMAND.join(' '), '/dev/null'], {
      env: { DATABASE_URL: service.databaseUrl },
      answers: [
        ['User name:', 'linus\r'],
        ['Password:', `${PASSWORD}\r`],
        ['Repeat the password:', `${PASSWORD}\r`],
      ],
    });
    expect(exitCode).toBe(0);
    expect(output).toContain('linus');
    expect(output).not.toContain(PASSWORD);
    expect(output).toContain('Created the account linus');
    expect((await post('login', 'linus')).status).toBe(200);
  });

  it('names the database that cannot be reached', async () => {
    const nobody = { DATABASE_URL: 'postgresql://ada:secret@127.0.0.1:1/video_to_mp3' };
    const { exitCode, output } = await runScript([...COMMAND, 'ada'], { env: nobody, input: PASSWORD });
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /^The account was not created, because the database at 127\.0\.0\.1:1 cannot be used: .+\n$/,
    );
    expect(output).not.toContain('secret');
  });
});
