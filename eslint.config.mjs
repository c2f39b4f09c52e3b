import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      ...['node_modules/', 'data/', 'backups/', 'bin/', 'types/', 'tests/fixtures/', 'eslint.config.mjs'],
      ...[
        'lib/schema/report/page.js',
        'lib/environment/registry-worker.cjs',
        'tests/helpers/typescript-loader.cjs',
      ],
    ],
  },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A forgotten await in front of a DROP is the mistake this project exists to prevent.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
);
