import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AUDIO_DECODERS } from '../apps/worker/src/ffmpeg/ffmpeg-arguments.js';
import { withSourcePackages } from '../tools/lean-ffmpeg/debian-archive.mjs';
import { DECODERS, ffmpegOptions, programsFor } from '../tools/lean-ffmpeg/recipe.mjs';
import { Dockerfile } from './support/dockerfile.js';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const options = ffmpegOptions({ include: '/include', lib: '/lib', extraVersion: 'lean' });

describe('the recipe of the lean ffmpeg', () => {
  it('has the decoders that the worker allows, each in one implementation', () => {
    expect(DECODERS).toEqual(AUDIO_DECODERS.filter((name) => name !== 'libopus'));
  });

  it('has no network, and nothing that is not named', () => {
    expect(options).toEqual(expect.arrayContaining(['--disable-everything', '--disable-autodetect']));
    expect(options).toEqual(expect.arrayContaining(['--disable-network', '--enable-protocol=file,pipe']));
  });

  it('stays under the LGPL', () => {
    expect(options.filter((option) => /gpl|nonfree|version3/.test(option))).toEqual([]);
  });

  it('keeps LAME from fusing multiplications, which would change the bytes', () => {
    const programs = programsFor('x64');
    expect(Object.keys(programs)).toEqual(['ffmpeg', 'ffmpeg-x86-64-v3']);
    for (const flags of Object.values(programs)) expect(flags).toContain('-ffp-contract=off');
    expect(programs['ffmpeg']?.join()).not.toContain('-march');
    expect(Object.keys(programsFor('arm64'))).toEqual(['ffmpeg']);
  });
});

describe('the sources of apt', () => {
  it('are extended by source packages in both formats', () => {
    const old = '# a mirror\ndeb [signed-by=/k] http://deb/debian stable main\ndeb-src http://deb/debian stable main\n';
    expect(withSourcePackages(old)).toBe(
      '# a mirror\ndeb [signed-by=/k] http://deb/debian stable main\ndeb-src [signed-by=/k] http://deb/debian stable main\n',
    );
    const stanza = (types: string): string => `Types: ${types}\nURIs: http://deb/debian\nSuites: stable\n`;
    for (const types of ['deb', 'deb deb-src']) expect(withSourcePackages(stanza(types))).toBe(stanza('deb deb-src'));
    expect(withSourcePackages(stanza('deb-src'))).toBe(stanza('deb-src'));
  });
});

describe("the worker's image", () => {
  const dockerfile = new Dockerfile(read('Dockerfile'));
  const script = 'tools/lean-ffmpeg/build.mjs';

  it('builds its ffmpeg like npm run ffmpeg:build', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts['ffmpeg:build']).toMatch(new RegExp(`node ${script}$`));
    expect(existsSync(join(ROOT, script))).toBe(true);
    const [installation, build] = dockerfile.texts('lean-ffmpeg', 'RUN');
    expect(installation).toContain('build-essential');
    expect(build).toBe(`node ${script} --output ${dockerfile.environment('worker')['FFMPEG_PATH']}`);
  });

  it('has it where the worker looks for it, and starts it once', () => {
    const { FFMPEG_PATH } = dockerfile.environment('worker');
    expect(dockerfile.texts('worker', 'COPY')).toContain(`--from=lean-ffmpeg ${FFMPEG_PATH} ${FFMPEG_PATH}`);
    expect(dockerfile.texts('worker', 'RUN').join()).toContain(`${FFMPEG_PATH}/ffmpeg -version`);
  });
});
