import { describe, expect, it } from 'vitest';
import { listFor, stanzasFor } from './apt-sources.mjs';

const RELEASES = { from: 'bookworm', to: 'trixie' };

describe('listFor', () => {
  it('keeps mirrors and options, and takes main of the release, its security suite and its updates', () => {
    const text = [
      '# deb http://mirror.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/etc/keys/own.gpg]  http://mirror.example/debian  bookworm main contrib',
      '  deb http://mirror.example/debian bookworm-updates main',
      'deb http://mirror.example/security bookworm-security main',
    ].join('\n');
    expect(listFor(text, RELEASES).split('\n')).toEqual([
      'deb [arch=amd64 signed-by=/etc/keys/own.gpg] http://mirror.example/debian trixie main',
      'deb http://mirror.example/debian trixie-updates main',
      'deb http://mirror.example/security trixie-security main',
      '',
    ]);
  });

  it.each([
    'deb-src http://mirror.example/debian bookworm main',
    'deb http://mirror.example/debian bookworm-backports main',
    'deb http://mirror.example/debian bookworm contrib',
    'deb http://other.example/apt bookworm stable',
    'deb http://other.example/apt other-bookworm main',
    'deb http://other.example/apt ./',
    '',
  ])('leaves out: %s', (line) => {
    expect(listFor(line, RELEASES)).toBe('');
  });
});

describe('stanzasFor', () => {
  it('keeps mirrors and keys, and takes main of the release, its security suite and its updates', () => {
    const text = `# Managed by hand.
Types: deb deb-src
URIs: http://mirror.example/debian
  http://second.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
# A remark.
Check-Valid-Until: no

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/own.gpg
`;
    expect(stanzasFor(text, RELEASES)).toBe(`types: deb
uris: http://mirror.example/debian
 http://second.example/debian
suites: trixie trixie-updates
components: main
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
check-valid-until: no

types: deb
uris: http://mirror.example/security
suites: trixie-security
components: main
signed-by: /usr/share/keyrings/own.gpg
`);
  });

  it.each([
    ['sources', { types: 'deb-src' }],
    ['other components', { components: 'stable' }],
    ['other suites', { suites: 'nodistro bookworm-backports' }],
    ['what is switched off', { enabled: 'no' }],
  ])('leaves out %s', (_, changed) => {
    const fields = { types: 'deb', uris: 'http://x', suites: 'bookworm', components: 'main', ...changed };
    const text = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    expect(stanzasFor(text.join('\n'), RELEASES)).toBe('');
  });
});
