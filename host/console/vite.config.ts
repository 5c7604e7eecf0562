/** How the console is built: into `dist`, with every file that is worth it beside itself as gzip. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The service hands the small form out as it is: nothing is compressed at run time. */
function compressed(): Plugin {
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (/\.(js|css|svg)$/.test(entry.name))
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
    }
  }
  const dist = join(import.meta.dirname, 'dist')
  const empty = () => {
    // The folder itself stays, with what keeps it in git: cargo watches it.
    for (const name of readdirSync(dist)) {
      if (name !== '.gitignore') rmSync(join(dist, name), { recursive: true })
    }
  }
  return { name: 'compressed', apply: 'build', buildStart: empty, closeBundle: () => visit(dist) }
}

export default defineConfig({
  base: '/console/',
  plugins: [react(), compressed()],
  build: {
    target: 'es2022',
    sourcemap: false,
    emptyOutDir: false,
    manifest: true,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
})
