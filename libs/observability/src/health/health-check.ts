import type { Logger } from '@nestjs/common';

const TIMEOUT_MS = 2000;

export type CheckFunction = () => Promise<string | void> | string | void;

export interface CheckResult {
  readonly status: 'up' | 'down';
  readonly required: boolean;
  /** A sentence that is safe to show. */
  readonly detail?: string;
}

/** A named check with a timeout. Never runs twice at the same time. Logs changes of its status. */
export class HealthCheck {
  private isRunning = false;
  private lastStatus: CheckResult['status'] = 'up';

  constructor(
    private readonly name: string,
    private readonly check: CheckFunction,
    private readonly required: boolean,
    private readonly logger: Logger,
  ) {}

  async run(): Promise<CheckResult> {
    try {
      const detail = await this.bounded();
      return this.result('up', typeof detail === 'string' ? detail : undefined);
    } catch (error) {
      return this.result('down', sentenceOf(error), error);
    }
  }

  private async bounded(): Promise<string | void> {
    // A check that hangs is not started again: its late answer ends the outage.
    if (this.isRunning) throw timedOut();
    this.isRunning = true;
    const checking = Promise.resolve()
      .then(this.check)
      .finally(() => (this.isRunning = false));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timedOut()), TIMEOUT_MS);
    });
    try {
      return await Promise.race([checking, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  private result(status: CheckResult['status'], detail: string | undefined, error?: unknown): CheckResult {
    if (status !== this.lastStatus) {
      this.lastStatus = status;
      if (status === 'down') this.logger.warn({ msg: `${this.name} is down`, err: error });
      else this.logger.log(`${this.name} is up`);
    }
    return { status, required: this.required, ...(detail !== undefined && { detail }) };
  }
}

class CheckTimeoutError extends Error {
  override readonly name = 'CheckTimeoutError';
}

function timedOut(): CheckTimeoutError {
  return new CheckTimeoutError(`No answer within ${TIMEOUT_MS / 1000} s.`);
}

/** Only the messages of the product's own errors are safe to show. */
function sentenceOf(error: unknown): string {
  const isSafe = error instanceof CheckTimeoutError || (error instanceof Error && error.name === 'DomainError');
  return isSafe ? error.message : 'The check failed. See the log for the cause.';
}
