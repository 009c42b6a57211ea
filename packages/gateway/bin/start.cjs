'use strict';
// Apart from grantgate.cjs, because an old Node.js cannot parse `import()`.
import('../dist/cli/main.js');
