import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectCopy } from './support/project-copy.js';
import { runScript, type ScriptEnd } from './support/run-script.js';

const MIGRATIONS = 'libs/database/src/migrations';
const ENTITY = 'libs/database/src/users/user.entity.ts';

describe('npm run migration:generate', () => {
  let project: ProjectCopy;

  beforeAll(async () => {
    project = await ProjectCopy.create('migration');
  });
  afterAll(() => project?.remove());

  const generate = (name: string): Promise<ScriptEnd> =>
    runScript([process.execPath, 'scripts/generate-migration.mjs', name], { cwd: project.folder });

  it('writes nothing if entities and migrations match', async () => {
    const before = await readdir(project.path(MIGRATIONS));
    const { exitCode, output } = await generate('AddNothing');
    expect(output).toContain('No changes');
    expect(exitCode).toBe(0);
    expect(await readdir(project.path(MIGRATIONS))).toEqual(before);
  });

  it('writes and lists a missing migration, and leaves no process running', async () => {
    const entity = await readFile(project.path(ENTITY), 'utf8');
    const changed = entity.replace("name: 'password_hash', type: 'text'", '$&, nullable: true');
    expect(changed).not.toBe(entity);
    await writeFile(project.path(ENTITY), changed);

    const { exitCode, output } = await generate('AllowNoPassword');
    expect(exitCode).toBe(0);
    const [, file = ''] = /Wrote (\S+-allow-no-password\.ts)/.exec(output) ?? [];
    const code = await readFile(project.path(file), 'utf8');
    expect(code).toContain('ALTER TABLE "users" ALTER COLUMN "password_hash" DROP NOT NULL');
    expect(code).toContain('ALTER TABLE "users" ALTER COLUMN "password_hash" SET NOT NULL');
    const [, className = 'none'] = /export class (\w+)/.exec(code) ?? [];
    expect(await readFile(project.path(MIGRATIONS, 'index.ts'), 'utf8')).toMatch(
      new RegExp(`MIGRATIONS = \\[[^\\]]*\\b${className}\\b`),
    );
    expect(await readdir(project.path('.data/one-off'))).toEqual([]);
  });
});
