import { randomUUID } from 'node:crypto';
import {
  DispatchRepository,
  JobListRepository,
  LeaseRepository,
  OwnedJobRepository,
  ReconciliationRepository,
  WorkerRepository,
} from '@app/database';
import type { ExplainingDatabase, StatementPlan } from '@app/testing';

export const OUTPUT = { key: 'output/x', sizeBytes: 1, sha256: 'x', durationMs: 1, encoding: 'encoded' } as const;

const FIRST_PAGE = { statuses: [], text: null, limit: 20, after: null } as const;

/** The milliseconds of each run, and the plan of the last. */
export interface StatementFigure {
  readonly ms: number[];
  readonly plan: StatementPlan;
}

/** By the name of the operation. */
export type StatementFigures = ReadonlyMap<string, StatementFigure>;

/** Runs each hot statement of the queue a few times. */
export async function measureStatements(database: ExplainingDatabase, rounds: number): Promise<StatementFigures> {
  const figures = new Map<string, StatementFigure>();
  const measure = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    database.plans.length = 0;
    const result = await work();
    const plan = database.plans.at(-1);
    if (plan === undefined) throw new Error(`${name} sent no statement`);
    figures.set(name, { ms: [...(figures.get(name)?.ms ?? []), plan.ms], plan });
    return result;
  };
  for (let round = 0; round < rounds; round += 1) await measureRound(database, measure);
  return figures;
}

async function measureRound(
  database: ExplainingDatabase,
  measure: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const [dispatch, leases] = [new DispatchRepository(database), new LeaseRepository(database)];
  await new WorkerRepository(database).see('1', 4);
  const picked = await measure('pick', () => dispatch.pick(100));
  await measure('pick, window full', () => dispatch.pick(100));
  await measure('sweep', () => dispatch.hasOverdue());
  await measure('lost messages', () => dispatch.redispatchLost(false));
  for (const { jobId } of picked) {
    const lease = { jobId, token: randomUUID() };
    const job = await measure('claim', () => leases.claim({ ...lease, owner: '1' }));
    await measure('heartbeat', () => leases.heartbeat([{ ...lease, progress: 1 }]));
    await measure('running leases', () => new ReconciliationRepository(database).findRunningLeases());
    await measure('status', () => new OwnedJobRepository(database).findOwned(jobId, job?.userId ?? 0));
    await measure('list', () => new JobListRepository(database).list({ ...FIRST_PAGE, userId: job?.userId ?? 0 }));
    await measure('finish', () => leases.markDone(lease, OUTPUT));
  }
}
