/** A statement that PostgreSQL parses once for each connection. Each text must have its own name. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}
