import { defineConfig } from 'vitest/config'

// The browsers would take the few cores from each other.
export default defineConfig({ test: { fileParallelism: false, testTimeout: 20_000, hookTimeout: 60_000 } })
