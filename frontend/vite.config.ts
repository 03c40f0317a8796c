import { defineConfig } from 'vitest/config';

// The page is served from the root of its one origin, beside /api and /socket.
export default defineConfig({
  base: '/',
  build: { outDir: 'dist', target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { host: '127.0.0.1', port: 4800 },
  preview: { host: '127.0.0.1', port: 4801 },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
