import tseslint from 'typescript-eslint';

const readsFiles = [
  'readFile',
  'readFileSync',
  'createReadStream',
  'open',
  'openSync',
  'openAsBlob',
  'promises',
  'default',
];
const otherReads =
  'Read files with packages/middleware/src/base/read-regular-file.ts: regular files alone, up to a limit.';

/** Lines of a function, and of a file of sources: what fits a screen, and what one reads at a time. */
const maxFunctionLines = 80;
const maxFileLines = 300;
const maxTestLines = 500;
const tests = ['**/*.test.ts', '**/*.test.mjs', '**/*.testkit.ts', 'packages/testkit/**', 'test/**'];
/** Globals of Node.js that programs here use. */
const nodeGlobals = [
  ...['AbortController', 'AbortSignal', 'Buffer', 'Request', 'Response', 'URL', 'URLSearchParams', 'atob'],
  ...['btoa', 'console', 'fetch', 'global', 'performance', 'process', 'queueMicrotask', 'structuredClone'],
  ...['clearInterval', 'clearTimeout', 'setImmediate', 'setInterval', 'setTimeout'],
];
const commonJsGlobals = ['module', 'require', '__dirname'];
const toGlobals = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/bundle/**', '**/node_modules/**', '**/.*/**', 'coverage/**'] },
  {
    rules: {
      'max-lines': ['error', { max: maxFileLines }],
      'max-lines-per-function': ['error', { max: maxFunctionLines }],
    },
  },
  {
    // Programs without types: what is certainly a mistake, and what would only be longer.
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.strict],
    languageOptions: { globals: toGlobals(nodeGlobals) },
    rules: {
      'array-callback-return': 'error',
      eqeqeq: 'error',
      'no-constant-binary-expression': 'error',
      'no-empty': 'error',
      'no-redeclare': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-undef': 'error',
      'no-unreachable': 'error',
      'no-unsafe-finally': 'error',
      'no-unused-private-class-members': 'error',
      'no-useless-rename': 'error',
      'no-useless-return': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'require-yield': 'error',
      'use-isnan': 'error',
      'valid-typeof': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: toGlobals(commonJsGlobals) },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    // In ECMAScript 5, for every Node.js.
    files: ['packages/gateway/bin/*.cjs'],
    rules: { 'no-var': 'off', 'object-shorthand': 'off' },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json', './packages/dashboard/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `void promise` marks a promise that is left alone on purpose; a bare one is a mistake.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // Signatures that applications see are written down, not inferred; types of options derive from their schema.
    files: ['packages/middleware/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.testkit.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'error' },
  },
  {
    // A FIFO that an operator names by mistake would hold the process, and a device would fill its memory.
    files: ['packages/*/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      '**/*.testkit.ts',
      'packages/testkit/**',
      'packages/middleware/src/base/read-regular-file.ts',
      'packages/gateway/src/files/**',
      'packages/gateway/src/version.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...['node:fs', 'fs', 'node:fs/promises', 'fs/promises'].map((name) => ({
              name,
              importNames: readsFiles,
              message: otherReads,
            })),
            { name: 'node:stream/consumers', message: otherReads },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression[source.value=/^(node:)?fs(\\u002fpromises)?$/]', message: otherReads },
        {
          selector: "CallExpression[callee.name='require'][arguments.0.value=/^(node:)?fs/]",
          message: otherReads,
        },
      ],
    },
  },
  {
    // The second reads back a file that it has written itself.
    files: ['packages/gateway/src/observe/sink.ts', 'packages/gateway/src/middlewares/buffering/spool.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: tests,
    ignores: ['packages/testkit/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: tests,
    rules: {
      'max-lines': ['error', { max: maxTestLines }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.test.ts', '**/*.testkit.ts', 'packages/testkit/**/*.ts'],
    // Where it is defined how tests wait.
    ignores: ['packages/testkit/src/until.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(IfStatement, ConditionalExpression, LogicalExpression, SwitchCase, CatchClause) CallExpression[callee.name="expect"]',
          message:
            'An assertion that may not run proves nothing: let what is expected depend on the condition.',
        },
        {
          selector:
            ':matches(CallExpression[callee.name=/^set(Timeout|Interval)$/], ImportDeclaration[source.value=/timers.promises$/], CallExpression[callee.object.name="AbortSignal"][callee.property.name="timeout"])',
          message:
            'A test waits for what happens, never for time: `until`, `inTime`, `expect.poll`, or a fake clock.',
        },
        {
          selector: 'MemberExpression[object.name="performance"][property.name="now"]',
          message: 'No test depends on the speed of the machine: a fake clock.',
        },
      ],
    },
  },
);
