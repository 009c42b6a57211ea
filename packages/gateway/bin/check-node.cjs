'use strict';
// In ECMAScript 5, so that any version of Node.js can report that it is too old, before anything else is loaded or installed.

/** As `engines` of package.json has it. */
var required = [20, 19];

/** Error message for a version such as `18.20.8`; undefined if it is supported. */
function checkNode(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  var minor = Number(parts[1]);
  if (major > required[0] || (major === required[0] && minor >= required[1])) return undefined;
  return 'grantgate needs Node.js ' + required.join('.') + ' or later, and this is Node.js ' + version;
}

/** Ends a process whose Node.js is too old: one line, exit code 1. */
function requireNode() {
  var fault = checkNode(process.versions.node);
  if (fault === undefined) return;
  process.stderr.write('error: ' + fault + '\n');
  process.exit(1);
}

module.exports = { checkNode: checkNode, requireNode: requireNode };

if (require.main === module) requireNode();
