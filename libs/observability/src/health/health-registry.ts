import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HealthCheck, type CheckResult, type CheckFunction } from './health-check.js';

const MAX_AGE_MS = 1000;

export interface HealthReport {
  /** `degraded`: only an optional check is down. `unavailable`: the process cannot do its work. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const DRAINING: CheckResult = { status: 'down', required: true, detail: 'The process is shutting down.' };

/** Checks what this process needs. Reports are cached for a second, so frequent probes cost nothing. */
@Injectable()
export class HealthRegistry implements OnModuleDestroy {
  private readonly logger = new Logger('Health');
  private readonly checks = new Map<string, HealthCheck>();
  private isDraining = false;
  private latest: { at: number; report: Promise<HealthReport> } | undefined;

  /**
   * The check resolves if all is well, optionally with a detail to show. It rejects with a DomainError whose message
   * names what is missing. Any other error is only logged.
   */
  register(name: string, check: CheckFunction, { required = true }: { required?: boolean } = {}): void {
    if (this.checks.has(name)) throw new Error(`There is a health check ${name} already`);
    this.checks.set(name, new HealthCheck(name, check, required, this.logger));
    this.latest = undefined;
  }

  /** Makes the process not ready, so that it gets no new work. */
  startDraining(): void {
    this.isDraining = true;
    this.latest = undefined;
  }

  onModuleDestroy(): void {
    this.startDraining();
  }

  report(): Promise<HealthReport> {
    const now = performance.now();
    if (this.latest === undefined || now - this.latest.at > MAX_AGE_MS) {
      this.latest = { at: now, report: this.run() };
    }
    return this.latest.report;
  }

  private async run(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]): Promise<[string, CheckResult]> => [name, await check.run()]),
    );
    if (this.isDraining) results.push(['draining', DRAINING]);
    return { status: overall(results.map(([, result]) => result)), checks: Object.fromEntries(results) };
  }
}

function overall(results: readonly CheckResult[]): HealthReport['status'] {
  const down = results.filter(({ status }) => status === 'down');
  if (down.some(({ required }) => required)) return 'unavailable';
  return down.length > 0 ? 'degraded' : 'ok';
}
