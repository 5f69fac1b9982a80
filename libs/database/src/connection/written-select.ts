import type { ObjectLiteral, QueryRunner } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { rowsOf } from './database.js';

/**
 * Reads one entity by a statement that is written once, where TypeORM would build it anew for each call. It is not a
 * named statement, so that a transaction pooler can stand in between.
 */
export class WrittenSelect<T extends ObjectLiteral> {
  private statement: string | undefined;

  /** `where` uses $1, $2, … and the names of columns. */
  constructor(
    private readonly entity: new () => T,
    private readonly where: string,
  ) {}

  async one(runner: QueryRunner, values: readonly unknown[]): Promise<T | null> {
    const { columns, tableName } = runner.connection.getMetadata(this.entity);
    this.statement ??= `SELECT ${columns.map(({ databaseName }) => databaseName).join(', ')} FROM ${tableName} WHERE ${this.where}`;
    const [row] = await rowsOf<Record<string, unknown>>(runner, this.statement, values);
    return row === undefined ? null : entityOf(new this.entity(), columns, row);
  }
}

function entityOf<T extends ObjectLiteral>(
  entity: T,
  columns: readonly ColumnMetadata[],
  row: Record<string, unknown>,
): T {
  const properties = columns.map(({ propertyName, databaseName, transformer }) => {
    const value = row[databaseName];
    const isTransformed = transformer !== undefined && !Array.isArray(transformer);
    return [propertyName, isTransformed ? (transformer.from(value) as unknown) : value];
  });
  return Object.assign(entity, Object.fromEntries(properties));
}
