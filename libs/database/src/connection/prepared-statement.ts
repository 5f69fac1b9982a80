/** A statement that PostgreSQL parses once for each connection. The name stands for the text, so no two texts share one. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}
