/**
 * Runs before every script. Uses only syntax that any version of Node can parse, so that old versions show a useful
 * message instead of a syntax error. The packages need `require` of ES modules, which these versions introduced.
 */
'use strict';

var NEEDED = 'Node 20.19 or newer (of the 22 line: 22.12 or newer)';

/** @param {string} version as in process.versions.node */
function isSupported(version) {
  var parts = version.split('.').map(Number);
  var major = parts[0] || 0;
  var minor = parts[1] || 0;
  if (major === 20) return minor >= 19;
  if (major === 22) return minor >= 12;
  return major > 22;
}

/** @param {string} version */
function versionProblem(version) {
  return [
    'video-to-mp3 needs ' + NEEDED + '; this is Node ' + version + '.',
    '  Get one from https://nodejs.org, or with a version manager: nvm install 24',
    '',
  ].join('\n');
}

module.exports = { isSupported: isSupported, versionProblem: versionProblem };

if (require.main === module && !isSupported(process.versions.node)) {
  process.stderr.write(versionProblem(process.versions.node));
  process.exit(1);
}
