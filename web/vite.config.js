import { defineConfig } from 'vite';

// File names carry no content hash, so that a rebuild without changes leaves
// the committed dist/ as it is, and a rebuild with changes shows as a diff of
// the same few files.
const names = {
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  assetFileNames: '[name][extname]',
};

export default defineConfig({
  build: {
    assetsInlineLimit: 0, // fonts and images stay files: the policy has no data: fonts
    cssCodeSplit: false,
    chunkSizeWarningLimit: 6000,
    license: { fileName: 'licenses.md' },
    modulePreload: false,
    rolldownOptions: {
      input: { console: 'index.html' },
      output: {
        ...names,
        // The two large parts that hardly ever change stand apart from our own.
        codeSplitting: {
          groups: [
            { name: 'monaco', test: /node_modules\/monaco-/ },
            { name: 'prettier', test: /node_modules\/prettier\// },
          ],
        },
      },
      checks: { moduleLevelDirective: false }, // "use client" means nothing here
    },
  },
  worker: {
    format: 'es',
    rolldownOptions: { output: { ...names, codeSplitting: false } },
  },
});
