import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Conversion } from './conversion.js';
import { Watch } from './watch.js';

const job = (id: string, status: string): object => ({ id, status, filename: `${id}.mp4`, size: 1, progress: 0 });

function asked(id: string): Conversion {
  return Conversion.ofRecord({ id, filename: `${id}.mp4`, size: 1, chosenAt: 0 });
}

describe('the watch over conversions', () => {
  let token: string | null;
  const onSignedOut = vi.fn<(token: string) => void>();
  const onAway = vi.fn<(isAway: boolean) => void>();
  const answer = vi.fn<(path: string) => Promise<Response>>();
  let sut: Watch;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('document', { hidden: false });
    vi.stubGlobal('fetch', answer);
    for (const mock of [onSignedOut, onAway, answer]) mock.mockReset();
    token = 'first';
    sut = new Watch({ token: () => token, onSignedOut, onAway });
  });
  afterEach(() => {
    sut.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const paths = (): string[] => answer.mock.calls.map(([path]) => path);

  it('asks every second until the job has ended, and then no more', async () => {
    answer
      .mockImplementationOnce(async () => Response.json(job('a', 'PROCESSING')))
      .mockImplementationOnce(async () => Response.json(job('a', 'DONE')));
    const conversion = asked('a');
    sut.add(conversion);
    await vi.advanceTimersByTimeAsync(0);
    expect(conversion.job?.status).toBe('PROCESSING');
    await vi.advanceTimersByTimeAsync(999);
    expect(answer).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([conversion.isDone, answer.mock.calls.length]).toEqual([true, 2]);
  });

  it('asks for two hundred without a pause, six at a time, each once before any twice', async () => {
    let atATime = 0;
    let most = 0;
    answer.mockImplementation(async (path) => {
      most = Math.max(most, (atATime += 1));
      await Promise.resolve();
      atATime -= 1;
      return Response.json(job(path.split('/')[1] ?? '', 'PROCESSING'));
    });
    for (let i = 0; i < 200; i += 1) sut.add(asked(`job-${i}`));
    await vi.advanceTimersByTimeAsync(900);
    expect([new Set(paths().slice(0, 200)).size, most]).toEqual([200, 6]);
  });

  it('asks ever less often while the service is away, and says when it is back', async () => {
    answer.mockRejectedValue(new TypeError('Failed to fetch'));
    sut.add(asked('a'));
    await vi.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000);
    expect(answer).toHaveBeenCalledTimes(4);
    expect(onAway.mock.calls.at(-1)).toEqual([true]);
    answer.mockImplementation(async () => Response.json(job('a', 'DONE')));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(onAway.mock.calls.at(-1)).toEqual([false]);
  });

  it('reports a token that is worth nothing once, and no more of one that was given up meanwhile', async () => {
    const unauthorized = (): Response => Response.json({ code: 'unauthorized', detail: 'Sign in.' }, { status: 401 });
    answer.mockImplementation(async () => unauthorized());
    sut.add(asked('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(onSignedOut.mock.calls).toEqual([['first']]);

    let settle = (_response: Response): void => undefined;
    answer.mockImplementationOnce(() => new Promise((resolve) => (settle = resolve)));
    sut.askSoon(0);
    await vi.advanceTimersByTimeAsync(0);
    token = 'second';
    answer.mockImplementation(async () => Response.json(job('a', 'DONE')));
    settle(unauthorized());
    await vi.advanceTimersByTimeAsync(0);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    expect(paths()).toHaveLength(3);
  });

  it('says nothing of a service that is away to people who have left', async () => {
    let fail = (_error: Error): void => undefined;
    answer.mockImplementationOnce(() => new Promise((_resolve, reject) => (fail = reject)));
    sut.add(asked('a'));
    await vi.advanceTimersByTimeAsync(0);
    token = null;
    sut.stop();
    fail(new TypeError('Failed to fetch'));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(onAway).not.toHaveBeenCalled();
    expect(answer).toHaveBeenCalledTimes(1);
  });

  it('lets a job go that the service no longer knows', async () => {
    answer.mockImplementation(async () => Response.json({ code: 'not_found', detail: 'None.' }, { status: 404 }));
    const conversion = asked('a');
    sut.add(conversion);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([conversion.phase, answer.mock.calls.length]).toEqual(['gone', 1]);
  });
});
