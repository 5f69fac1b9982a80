import { getMetadataArgsStorage, type ObjectLiteral } from 'typeorm';
import type { Database } from './database.js';
import type { PreparedStatement } from './prepared-statement.js';

interface WrittenColumn {
  readonly property: string;
  readonly column: string;
  readonly from: ((value: unknown) => unknown) | undefined;
}

export interface WrittenSelectOptions<T, K extends keyof T> {
  /** The name of the prepared statement. */
  readonly name: string;
  readonly entity: new () => T;
  /** Uses $1, $2, … and the names of columns. */
  readonly where: string;
  /** The properties to read. Default: all. */
  readonly properties?: readonly K[];
}

/** Reads one entity, or some of its properties, by a prepared statement. TypeORM would build the SQL anew for each call. */
export class WrittenSelect<T extends ObjectLiteral, K extends keyof T = keyof T> {
  private readonly columns: readonly WrittenColumn[];
  private readonly statement: PreparedStatement;

  private readonly entity: new () => T;

  constructor({ name, entity, where, properties }: WrittenSelectOptions<T, K>) {
    this.entity = entity;
    this.columns = columnsOf(entity).filter(({ property }) => properties?.includes(property as K) !== false);
    const table = getMetadataArgsStorage().tables.find(({ target }) => target === entity)?.name;
    const names = this.columns.map(({ column }) => column).join(', ');
    this.statement = { name, text: `SELECT ${names} FROM ${String(table)} WHERE ${where}` };
  }

  async one(database: Database, values: readonly unknown[]): Promise<Pick<T, K> | null> {
    const [row] = await database.prepared<Record<string, unknown>>(this.statement, values);
    if (row === undefined) return null;
    const entity: Record<string, unknown> = new this.entity();
    for (const { property, column, from } of this.columns) {
      entity[property] = from === undefined ? row[column] : from(row[column]);
    }
    return entity as T;
  }
}

function columnsOf(entity: new () => ObjectLiteral): WrittenColumn[] {
  const columns = getMetadataArgsStorage().columns.filter(({ target }) => target === entity);
  return columns.map(({ propertyName, options: { name, transformer } }) => ({
    property: propertyName,
    column: name ?? propertyName,
    from:
      transformer === undefined || Array.isArray(transformer)
        ? undefined
        : (value) => transformer.from(value) as unknown,
  }));
}
