import { describe, expect, it } from 'vitest';
import { migrationSource, parseMigrationName, withMigration } from './migration-source.mjs';

const INDEX = `import { CreateTables1 } from './1-create-tables.js';

/** Oldest first. */
export const MIGRATIONS = [CreateTables1];
`;

const statement = (sql: string, ...parameters: unknown[]) => ({ sql, parameters });

describe('the name of a migration', () => {
  it('is one word in PascalCase', () => {
    expect(parseMigrationName(['AddWebhooks'])).toBe('AddWebhooks');
  });

  it.each([[[]], [['addWebhooks']], [['add-webhooks']], [['Add', 'Webhooks']], [["A';"]]])('cannot be %j', (args) => {
    expect(() => parseMigrationName(args)).toThrow('npm run migration:generate -- AddWebhooks');
  });

  it.each([
    ['AddWebhooks', '7-add-webhooks.ts'],
    ['AddURLOfJob', '7-add-url-of-job.ts'],
    ['Users2', '7-users2.ts'],
  ])('%s results in the file %s', (name, fileName) => {
    expect(migrationSource(name, 7, { up: [], down: [] })).toMatchObject({ fileName, className: `${name}7` });
  });
});

describe('the code of a migration', () => {
  const { code } = migrationSource('AddNote', 7, {
    up: [statement('ALTER TABLE "users" ADD "note" text'), statement('INSERT INTO t VALUES ($1)', 'a')],
    down: [statement("COMMENT ON TABLE users IS '`${x}\\n'")],
  });

  it('contains each statement with its parameters', () => {
    expect(code).toContain('await runner.query(`ALTER TABLE "users" ADD "note" text`);');
    expect(code).toContain('await runner.query(`INSERT INTO t VALUES ($1)`, ["a"]);');
  });

  it('escapes characters with a meaning in template strings', () => {
    expect(code).toContain("await runner.query(`COMMENT ON TABLE users IS '\\`\\${x}\\\\n'`);");
  });
});

describe('the list of migrations', () => {
  it('gets the new one at its end', () => {
    expect(withMigration(INDEX, { className: 'AddNote7', fileName: '7-add-note.ts' }).split('\n')).toEqual([
      "import { CreateTables1 } from './1-create-tables.js';",
      "import { AddNote7 } from './7-add-note.js';",
      '',
      '/** Oldest first. */',
      'export const MIGRATIONS = [CreateTables1, AddNote7];',
      '',
    ]);
  });

  it('is not changed if its format is unknown', () => {
    expect(() => withMigration('export default [];', { className: 'AddNote7', fileName: '7-add-note.ts' })).toThrow(
      'by hand',
    );
  });
});
