import { AsyncLocalStorage } from 'node:async_hooks';
import { traceIdOf } from './traceparent.js';

/** The fields that connect the log lines of one request or one job. */
export interface LogFields {
  readonly request_id?: string;
  readonly job_id?: string;
  /** W3C trace context; lines show its trace id. */
  readonly traceparent?: string;
}

const storage = new AsyncLocalStorage<LogFields>();

/** Adds fields to every log line that is written within `run`, including asynchronous calls. */
export class LogContext {
  /** Missing fields are inherited from the outer context. */
  static run<T>(fields: LogFields, work: () => T): T {
    return storage.run({ ...storage.getStore(), ...fields }, work);
  }

  static get current(): LogFields {
    return storage.getStore() ?? {};
  }

  /** Returns the current fields in the form that a line has. */
  static line(): Record<string, string> {
    const { request_id, job_id, traceparent } = LogContext.current;
    return {
      ...(request_id !== undefined && { request_id }),
      ...(job_id !== undefined && { job_id }),
      ...(traceparent !== undefined && { trace_id: traceIdOf(traceparent) }),
    };
  }
}

export function currentTraceparent(): string | undefined {
  return LogContext.current.traceparent;
}
