import type { Connect, Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Two pages, each with its own code: the viewer's at `/`, the operators' at `/desk`. What both use lies in chunks of its own. */
const PAGES = { viewer: 'index.html', desk: 'desk/index.html' };

/** `/desk` leads to the desk here too; vite itself knows only `/desk/`. */
function deskAddress(): Plugin {
  const lead: Connect.NextHandleFunction = (request, _response, next) => {
    request.url = request.url?.replace(/^\/desk(?=$|\?)/, '/desk/');
    next();
  };
  return {
    name: 'desk-address',
    configureServer: (server) => void server.middlewares.use(lead),
    configurePreviewServer: (server) => void server.middlewares.use(lead),
  };
}

// The pages are served from the root of their one origin, beside /api and /socket.
export default defineConfig({
  base: '/',
  plugins: [deskAddress()],
  build: { outDir: 'dist', target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700, rolldownOptions: { input: PAGES } },
  server: { host: '127.0.0.1', port: 4800 },
  preview: { host: '127.0.0.1', port: 4801 },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
