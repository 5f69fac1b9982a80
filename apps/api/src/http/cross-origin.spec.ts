import { EnvironmentError, readEnvironment } from '@app/config';
import { describe, expect, it } from 'vitest';
import { allowedOrigins } from './cross-origin.js';
import { HttpEnv } from './http.env.js';

describe('CORS_ORIGINS', () => {
  it.each([
    ['https://app.example.org', ['https://app.example.org']],
    ['https://app.example.org, http://localhost:5173', ['https://app.example.org', 'http://localhost:5173']],
    ['http://[::1]:8080', ['http://[::1]:8080']],
    ['https://xn--bcher-kva.example', ['https://xn--bcher-kva.example']],
  ])('accepts %s', (text, origins) => {
    expect(allowedOrigins(text)).toEqual(origins);
  });

  it.each([
    '*',
    'null',
    'https://*.example.org',
    'app.example.org',
    'https://app.example.org/',
    'https://app.example.org/path',
    'https://app.example.org:443',
    'https://user@app.example.org',
    'https://App.example.org',
    'ftp://app.example.org',
    'https://app.example.org,',
    'https://app.example.org https://other.example.org',
  ])('rejects %s when the process starts', (CORS_ORIGINS) => {
    const start = (): unknown => readEnvironment([HttpEnv], { CORS_ORIGINS });
    expect(start).toThrow(EnvironmentError);
    expect(start).toThrow(/CORS_ORIGINS must be a comma-separated list of origins/);
  });

  it('has no origins by default', () => {
    expect(readEnvironment([HttpEnv], {}).get(HttpEnv).CORS_ORIGINS).toBeUndefined();
  });
});
