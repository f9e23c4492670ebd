/**
 * Lint rules: those that keep money safe (no forgotten promise, no `any`, no unchecked `!`) and those that keep the
 * cut (DESIGN §3). Matters of layout belong to prettier; house rules that are not about one line belong to test/tidy.
 */
import { relative, sep } from 'node:path';
import tseslint from 'typescript-eslint';
import { arrowProblem } from './test/tidy/arrows.mjs';

/** Checks each import of src/ against the table in test/tidy/arrows.mjs. */
const arrows = {
  meta: { type: 'problem', schema: [], messages: { arrow: '{{problem}}' } },
  create(context) {
    const file = relative(`${context.cwd}/src`, context.filename).split(sep).join('/');
    const check = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const problem = arrowProblem(file, node.source.value);
      if (problem !== undefined) context.report({ node: node.source, messageId: 'arrow', data: { problem } });
    };
    return {
      ImportDeclaration: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
      ImportExpression: check,
    };
  },
};

/**
 * ccxt serves for signing, endpoint tables and sockets only (DESIGN §6). Its unified methods and its generated
 * endpoint methods (`sapiPostMarginBorrowRepay`) send through its own HTTP path, which retries and guesses.
 */
const CCXT_SENDS = [
  {
    selector: 'CallExpression > MemberExpression.callee > Identifier.property[name=/^(borrow|repay)(\\w*Margin)?$/]',
    message: 'ccxt moves no money here: its unified borrow and repay methods are forbidden (DESIGN §6).',
  },
  {
    selector:
      'CallExpression > MemberExpression.callee > Identifier.property[name=/^(transfer|withdraw|(create|edit|cancel)\\w*Orders?\\w*|(add|reduce|set)Margin\\w*|setLeverage|setPositionMode|close(All)?Positions?)$/]',
    message: 'ccxt moves no money here: its unified money methods are forbidden (DESIGN §6).',
  },
  {
    selector:
      'CallExpression > MemberExpression.callee > Identifier.property[name=/^(sapi|papi|fapi|dapi|eapi|public|private)(V\\d)?(Get|Post|Put|Delete)[A-Z]/]',
    message: 'ccxt sends nothing here: sign with it, send with the transport (DESIGN §6).',
  },
];

const TYPE_CHECKED = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/return-await': ['error', 'in-try-catch'],
  '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'error',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  // `'inside' | string` documents the values a person will meet.
  '@typescript-eslint/no-redundant-type-constituents': 'off',
  '@typescript-eslint/require-await': 'off', // a port's method may be async for the sake of its other implementations
};

const EVERYWHERE = {
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-else-return': 'error',
  'no-implicit-coercion': 'error',
  'no-param-reassign': 'error',
  'no-self-compare': 'error',
  'no-constant-binary-expression': 'error',
  'no-unreachable-loop': 'error',
  'array-callback-return': 'error',
  'default-case-last': 'error',
  'object-shorthand': 'error',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.ballast/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { rules: EVERYWHERE },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: TYPE_CHECKED,
  },
  {
    files: ['src/**/*.ts'],
    plugins: { ballast: { rules: { arrows } } },
    rules: { 'ballast/arrows': 'error', 'no-console': 'error' },
  },
  { files: ['src/main.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['src/exchanges/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...CCXT_SENDS] } },
  {
    // Tests look into parsed JSON and foreign replies a lot; they may not forget a promise either.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
  {
    // Plain Node scripts: no types to check with, so the rules that need none.
    files: ['**/*.js', '**/*.mjs'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { sourceType: 'module', ecmaVersion: 2023 },
    rules: { '@typescript-eslint/no-unused-vars': 'error' },
  },
);
