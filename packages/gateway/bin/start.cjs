'use strict';
// Apart from grantgate.cjs, because an old Node.js cannot parse `import()`.
import('../bundle/main.js');
