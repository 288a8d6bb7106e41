import react from '@vitejs/plugin-react';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Puts a gzip beside each text, so that the server compresses nothing at run time. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      for (const name of readdirSync(`${dir}/assets`)) {
        if (/\.(js|css)$/.test(name)) writeFileSync(`${dir}/assets/${name}.gz`, gzipSync(readFileSync(`${dir}/assets/${name}`), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), packed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The server replaces this word by the nonce of each answer (`ui_assets::index`).
  html: { cspNonce: 'LOCKGATE_NONCE' },
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: true, chunkSizeWarningLimit: 700 },
  server: { proxy: { '/api': process.env['LOCKGATE_URL'] ?? 'http://127.0.0.1:8080' } },
  test: { environment: 'jsdom', isolate: false, setupFiles: ['./src/test/setup.ts'], css: false, testTimeout: 60_000, include: ['src/**/*.test.{ts,tsx}'] },
});
