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

/** Reads one entity, or some of its properties, by a prepared statement. TypeORM would build the SQL again for each call. */
export class WrittenSelect<T extends ObjectLiteral, K extends keyof T = keyof T> {
  private readonly columns: EntityColumns<T, K>;
  private readonly statement: PreparedStatement;

  constructor({ name, entity, where, properties }: WrittenSelectOptions<T, K>) {
    this.columns = new EntityColumns(entity, properties);
    const table = getMetadataArgsStorage().tables.find(({ target }) => target === entity)?.name;
    this.statement = { name, text: `SELECT ${this.columns.names()} FROM ${String(table)} WHERE ${where}` };
  }

  async one(database: Database, values: readonly unknown[]): Promise<Pick<T, K> | null> {
    const [row] = await database.prepared<Record<string, unknown>>(this.statement, values);
    return row === undefined ? null : this.columns.read(row);
  }
}

/** The columns of an entity, or of some of its properties, for a SELECT or RETURNING that is written by hand. */
export class EntityColumns<T extends ObjectLiteral, K extends keyof T = keyof T> {
  private readonly columns: readonly WrittenColumn[];

  constructor(
    private readonly entity: new () => T,
    properties?: readonly K[],
  ) {
    this.columns = columnsOf(entity).filter(({ property }) => properties?.includes(property as K) !== false);
  }

  /** Returns the names of the columns, of an alias if one is given. */
  names(alias?: string): string {
    return this.columns.map(({ column }) => (alias === undefined ? column : `${alias}.${column}`)).join(', ');
  }

  /** Builds an entity from a row that has at least these columns. */
  read(row: Readonly<Record<string, unknown>>): Pick<T, K> {
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
