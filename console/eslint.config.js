import { readdirSync } from 'node:fs';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const features = readdirSync(new URL('./src/features', import.meta.url));

/** The arrows: shared imports neither features nor app, a feature imports no other feature and not app. */
const borders = [
    {
        files: ['src/shared/**'],
        rules: { 'no-restricted-imports': ['error', { patterns: ['@/features/*', '@/app/*'] }] },
    },
    ...features.map((feature) => ({
        files: [`src/features/${feature}/**`],
        rules: {
            'no-restricted-imports': [
                'error',
                {
                    patterns: [
                        '@/app/*',
                        '../../*',
                        ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`),
                    ],
                },
            ],
        },
    })),
];

export default tseslint.config(
    { ignores: ['dist', 'target', 'node_modules'] },
    {
        files: ['src/**/*.{ts,tsx}', 'e2e/**/*.ts'],
        extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    },
    { files: ['src/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
    ...borders,
    { rules: { 'no-console': 'error', 'no-eval': 'error' } },
    { files: ['e2e/**', 'scripts/**'], rules: { 'no-console': 'off' } },
);
