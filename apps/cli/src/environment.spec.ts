import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.js';

describe('the environment', () => {
  it.each([
    [{}, 'http://127.0.0.1:3000'],
    [{ PORT: '8080' }, 'http://127.0.0.1:8080'],
    [{ PORT: '' }, 'http://127.0.0.1:3000'],
    [{ PORT: '8080', VIDEO_TO_MP3_URL: 'https://mp3.example.org' }, 'https://mp3.example.org'],
  ])('%j means the service %s', (variables, url) => {
    expect(readEnvironment(variables).defaultUrl).toBe(url);
  });

  it.each([
    [{ XDG_CONFIG_HOME: '/etc/me' }, '/etc/me/video-to-mp3'],
    [{ XDG_CONFIG_HOME: 'relative' }, join(homedir(), '.config/video-to-mp3')],
    [{}, join(homedir(), '.config/video-to-mp3')],
  ])('%j keeps accounts in %s', (variables, folder) => {
    expect(readEnvironment(variables).configFolder).toBe(folder);
  });

  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{}, false],
  ])('%j shows Unicode: %s', (variables, isUnicode) => {
    expect(readEnvironment(variables).isUnicode).toBe(isUnicode);
  });
});
