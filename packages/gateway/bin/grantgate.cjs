#!/usr/bin/env node
'use strict';
// In ECMAScript 5, as check-node.cjs is. The command itself begins in bundle/main.js.
require('./check-node.cjs').requireNode();

if (require('fs').existsSync(require('path').join(__dirname, '../bundle/main.js'))) {
  require('./start.cjs');
} else {
  process.stderr.write('error: grantgate is not built: run `make build`\n');
  process.exitCode = 1;
}
