import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { currentTraceparent, LogContext } from './log-context.js';

describe('LogContext', () => {
  it('is empty outside', () => {
    expect(LogContext.line()).toEqual({});
    expect(LogContext.current.request_id).toBeUndefined();
    expect(currentTraceparent()).toBeUndefined();
  });

  it('applies to everything that is awaited within, and to nothing else', async () => {
    const lineOf = async (request_id: string): Promise<Record<string, string>> =>
      LogContext.run({ request_id }, async () => {
        await nextTurn();
        return LogContext.line();
      });
    await expect(Promise.all([lineOf('a'), lineOf('b')])).resolves.toEqual([{ request_id: 'a' }, { request_id: 'b' }]);
    expect(LogContext.line()).toEqual({});
  });

  it('extends the outer context, and shows the id of the trace', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    LogContext.run({ request_id: 'r', traceparent }, () =>
      LogContext.run({ job_id: 'j' }, () => {
        expect(LogContext.line()).toEqual({
          request_id: 'r',
          job_id: 'j',
          trace_id: '0af7651916cd43dd8448eb211c80319c',
        });
        expect(currentTraceparent()).toBe(traceparent);
      }),
    );
  });
});
