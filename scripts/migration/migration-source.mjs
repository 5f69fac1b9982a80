/**
 * @typedef {{ sql: string, parameters: unknown[] }} Statement
 * @typedef {{ up: Statement[], down: Statement[] }} SchemaDrift `down` undoes `up` when it runs in its own order
 */

const EXAMPLE = 'npm run migration:generate -- AddWebhooks';

/**
 * @param {string[]} args
 * @returns {string}
 */
export function parseMigrationName(args) {
  const [name = '', ...others] = args;
  if (/^[A-Z][A-Za-z\d]*$/.test(name) && others.length === 0) return name;
  throw new Error(`Give the migration a name in PascalCase, for example:\n  ${EXAMPLE}`);
}

/**
 * Returns the code of a new migration.
 * @param {string} name
 * @param {number} timestamp
 * @param {SchemaDrift} drift
 * @returns {{ className: string, fileName: string, code: string }}
 */
export function migrationSource(name, timestamp, { up, down }) {
  const className = `${name}${timestamp}`;
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, '$1-$2').replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2');
  const code = `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  readonly name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
    ${up.map(queryCall).join('\n')}
  }

  async down(runner: QueryRunner): Promise<void> {
    ${down.map(queryCall).join('\n')}
  }
}
`;
  return { className, fileName: `${timestamp}-${words.toLowerCase()}.ts`, code };
}

/**
 * Appends a migration to the list.
 * @param {string} index the text of libs/database/src/migrations/index.ts
 * @param {{ className: string, fileName: string }} migration
 * @returns {string}
 */
export function withMigration(index, { className, fileName }) {
  const list = /export const MIGRATIONS = \[([^\]]*)\];/;
  const imports = [...index.matchAll(/^import .*;$/gm)].at(-1);
  const listed = list.exec(index)?.[1];
  if (imports === undefined || listed === undefined) {
    throw new Error(`index.ts does not list the migrations as expected. Add ${className} from ./${fileName} by hand.`);
  }
  const names = [...listed.split(','), className].map((name) => name.trim()).filter((name) => name !== '');
  const end = imports.index + imports[0].length;
  const line = `\nimport { ${className} } from './${fileName.replace(/\.ts$/, '.js')}';`;
  return (index.slice(0, end) + line + index.slice(end)).replace(
    list,
    `export const MIGRATIONS = [${names.join(', ')}];`,
  );
}

/** @param {Statement} statement */
function queryCall({ sql, parameters }) {
  const text = `\`${sql.replaceAll(/[\\`]|\$\{/g, '\\$&')}\``;
  return `await runner.query(${[text, ...(parameters.length > 0 ? [JSON.stringify(parameters)] : [])].join(', ')});`;
}
