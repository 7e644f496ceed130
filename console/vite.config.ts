import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const gateway = process.env.DIPPER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative addresses: the pages also work behind a path prefix of somebody's reverse proxy.
  base: './',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // Files stay files: data: addresses would need a wider content security policy.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: { host: '127.0.0.1', proxy: { '/v1': gateway, '/api': gateway, '/health': gateway } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test-setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
