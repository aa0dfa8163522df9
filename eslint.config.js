import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/**', '.tradewright/**', 'dist/**', 'coverage/**', '.dependency-cruiser.cjs'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // An import of types alone must not run the module it names.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-console': 'error',
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    // Time, randomness and ids are injected: only composition may reach for the real ones.
    files: [
      'contracts/**/*.ts',
      'workflows/**/*.ts',
      'market/**/*.ts',
      'actors/**/*.ts',
      'messaging/**/*.ts',
      'persistence/**/*.ts',
      'gateway/**/*.ts',
      'sandbox-pool/**/*.ts',
    ],
    // The port's one real implementation.
    ignores: ['contracts/ports/clock.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the Clock port (contracts/ports/clock.ts).' },
        { object: 'Math', property: 'random', message: 'Take the injected Random.' },
        { object: 'process', property: 'env', message: 'The environment is parsed once, in app/config.' },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts', 'app/**/*.ts', 'cli/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'no-console': 'off' },
  },
);
