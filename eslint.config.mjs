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

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/*.mjs', '**/*.cjs', '**/*.js', 'coverage/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.test.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'max-lines': ['error', { max: 500 }],
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
    // A FIFO that an operator names by mistake would hold the process, and a device would fill its memory.
    files: ['packages/*/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      '**/*.testkit.ts',
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
    files: ['packages/gateway/src/observe/sink.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.testkit.ts', 'test/**'],
    rules: { 'max-lines': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.testkit.ts'],
    // Where it is defined how tests wait.
    ignores: ['**/until.testkit.ts'],
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
