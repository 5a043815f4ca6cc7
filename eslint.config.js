import tseslint from 'typescript-eslint';

const CLOCK_AND_CHANCE = [
  { object: 'Date', property: 'now', message: 'Take a Clock from lib/base/clock.ts.' },
  { object: 'Math', property: 'random', message: 'Take a seeded stream from stages/common/rng.ts.' },
  { object: 'performance', property: 'now', message: 'Take a Clock from lib/base/clock.ts.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'artifacts/'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      'no-restricted-properties': ['error', ...CLOCK_AND_CHANCE],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take a Clock from lib/base/clock.ts.',
        },
        {
          selector: "CallExpression[callee.property.name='localeCompare']",
          message: 'Sort with compareUtf8 from lib/base/canonical-json.ts.',
        },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['lib/base/clock.ts', 'stages/common/rng.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
);
