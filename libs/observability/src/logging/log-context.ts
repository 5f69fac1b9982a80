import { AsyncLocalStorage } from 'node:async_hooks';
import { traceIdOf } from './traceparent.js';

/** What ties the lines of one request or one job together. */
export interface LogFields {
  readonly request_id?: string;
  readonly job_id?: string;
  /** W3C trace context; lines show its trace id. */
  readonly traceparent?: string;
}

const storage = new AsyncLocalStorage<LogFields>();

/** Every line that is written within `run`, however deep and however late, carries its fields. */
export class LogContext {
  /** Fields that are not given are taken over from the context around. */
  static run<T>(fields: LogFields, work: () => T): T {
    return storage.run({ ...storage.getStore(), ...fields }, work);
  }

  static get current(): LogFields {
    return storage.getStore() ?? {};
  }

  /** The current fields as they stand in a line. */
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
