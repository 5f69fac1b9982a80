import {
  Database,
  createDataSource,
  type DatabaseEnv,
  type DatabaseTimeouts,
  type PreparedStatement,
} from '@app/database';

type QueryRunner = Parameters<Parameters<Database['use']>[0]>[0];

/** The plan of one statement, in numbers that do not depend on the machine except for `ms`. */
export interface StatementPlan {
  readonly sql: string;
  readonly ms: number;
  /** The rows that scans of tables and indexes read, including those that a filter dropped. */
  readonly rowsRead: number;
  /** The pages of 8 KiB that the statement looked at, in memory or on disk, each as often as it did. */
  readonly pagesRead: number;
  /** The sequential scans of tables and their numbers of rows. */
  readonly sequentialScans: readonly { readonly table: string; readonly rows: number }[];
  readonly indexes: readonly string[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** A database that explains every statement before running it. The explained run is rolled back. */
export class ExplainingDatabase extends Database {
  readonly plans: StatementPlan[] = [];

  constructor(env: DatabaseEnv, timeouts?: DatabaseTimeouts) {
    super(createDataSource(env, timeouts));
  }

  override async prepared<T extends object>(
    { text }: PreparedStatement,
    parameters: readonly unknown[] = [],
  ): Promise<T[]> {
    return this.rows<T>(text, parameters);
  }

  protected override async withConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return super.withConnection(async (runner) => {
      const query = runner.query.bind(runner) as (sql: string, ...rest: unknown[]) => Promise<unknown>;
      const explained = async (sql: string, ...rest: unknown[]): Promise<unknown> => {
        if (sql.includes('conversion_jobs') || sql.includes('outbox')) await this.explain(query, runner, sql, rest[0]);
        return query(sql, ...rest);
      };
      runner.query = explained as QueryRunner['query'];
      return work(runner);
    });
  }

  private async explain(
    query: (sql: string, ...rest: unknown[]) => Promise<unknown>,
    runner: QueryRunner,
    sql: string,
    parameters: unknown,
  ): Promise<void> {
    const [begin, end] = runner.isTransactionActive
      ? ['SAVEPOINT explained', 'ROLLBACK TO SAVEPOINT explained']
      : ['BEGIN', 'ROLLBACK'];
    await query(begin);
    try {
      const rows = await query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${sql}`, parameters);
      this.plans.push(planOf(sql, (rows as Explanation[])[0]));
    } finally {
      await query(end);
    }
  }
}

interface Explanation {
  readonly 'QUERY PLAN': readonly { Plan: PlanNode; 'Execution Time': number; 'Planning Time': number }[];
}

function planOf(sql: string, answer: Explanation | undefined): StatementPlan {
  const explanation = answer?.['QUERY PLAN'][0];
  if (explanation === undefined) throw new Error('EXPLAIN returned no plan');
  const scans = nodesOf(explanation.Plan).filter((node) => node['Node Type'].endsWith('Scan') && isOfTable(node));
  return {
    sql,
    ms: explanation['Execution Time'] + explanation['Planning Time'],
    rowsRead: scans.reduce((sum, scan) => sum + rowsOf(scan), 0),
    // The root counts those of all nodes below it.
    pagesRead: explanation.Plan['Shared Hit Blocks'] + explanation.Plan['Shared Read Blocks'],
    sequentialScans: scans
      .filter(({ 'Node Type': type }) => type === 'Seq Scan')
      .map((scan) => ({ table: scan['Relation Name'] ?? '', rows: rowsOf(scan) })),
    indexes: [...new Set(scans.flatMap((scan) => scan['Index Name'] ?? []))].toSorted(),
  };
}

/** The catalog's size is not the backlog's. */
const isOfTable = ({ 'Relation Name': table, 'Index Name': index }: PlanNode): boolean =>
  !(table ?? index ?? 'pg_').startsWith('pg_');

function rowsOf(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
