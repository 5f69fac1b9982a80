import pLimit from 'p-limit';
import type { Session } from '../profile/session.js';
import { openService } from '../service/service.js';
import type { ServiceUrl } from '../service/service-url.js';

const REQUESTS_AT_A_TIME = 6;
/** The longest time that a user who stops the command waits until it ends. */
const TIMEOUT_MS = 10_000;

/** Cancels jobs after the user has stopped the command, which has aborted all other requests. */
export class Cancellation {
  private readonly requests = pLimit(REQUESTS_AT_A_TIME);
  private timeout: AbortSignal | null = null;

  constructor(
    private readonly url: ServiceUrl,
    private readonly session: Session,
  ) {}

  /** Returns whether the job is canceled; never rejects. The timeout starts with the first job. */
  async cancel(jobId: string): Promise<boolean> {
    this.timeout ??= AbortSignal.timeout(TIMEOUT_MS);
    const { client } = openService(this.url, this.timeout);
    try {
      const { status } = await this.requests(() => this.session.use((token) => client.cancelJob(jobId, token)));
      return status === 'CANCELED';
    } catch {
      // The job has ended already, or the service does not respond: the command says that it was not canceled.
      return false;
    }
  }
}
