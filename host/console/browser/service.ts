/** The real binary, started for a test and ended with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CONSOLE = join(import.meta.dirname, '..')
const ROOT = join(CONSOLE, '../..')
const BINARY = process.env.CARTWRIGHT_BINARY ?? join(ROOT, 'target/debug/cartwright')
/** Where `cargo xtask plugins` builds the examples, each as its author would. */
const EXAMPLES = join(ROOT, 'target/examples/wasm32-wasip2/release')
const PLUGINS = process.env.CARTWRIGHT_PLUGINS_DIR ?? join(ROOT, 'target/wasm32-wasip2/plugin')

const SETTINGS = {
  ...process.env,
  CARTWRIGHT_PLUGINS_DIR: PLUGINS,
  CARTWRIGHT_PLUGINS_CACHE: join(ROOT, 'target/tests-plugins-cache'),
}

export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
    readonly url: string,
    /** What it said until it was ready. */
    readonly said: string,
  ) {}

  /** Starts the demo; its clock can be skipped ahead. Nothing happens there but what a story tells. */
  static async demo(options: string[] = ['--still']) {
    const folder = mkdtempSync(join(tmpdir(), 'cartwright-console-'))
    return Service.start(['demo', '--data', folder, ...options], folder, /Cartwright demo: (http:\S+)\/console\//)
  }

  /** Starts the service on a fresh database with two shops; nobody can sign in yet, but by what the options say. */
  static async serve(options: string[] = []) {
    const folder = mkdtempSync(join(tmpdir(), 'cartwright-console-'))
    const database = ['--database-url', `sqlite:${join(folder, 'shops.db')}`]
    for (const name of ['Acorn and Oak', 'Elm']) run('shop', 'add', name, '--currency', 'EUR', ...database)
    return Service.start(['serve', ...database, ...options], folder, /(http:\S+)\/console\/welcome#\S+/)
  }

  private static start(words: string[], folder: string, ready: RegExp): Promise<Service> {
    const all = [...words, '--listen', '127.0.0.1:0', '--console', join(CONSOLE, 'dist')]
    const child = spawn(BINARY, all, { cwd: ROOT, env: SETTINGS, stdio: ['ignore', 'pipe', 'pipe'] })
    return new Promise((resolve, reject) => {
      let said = ''
      const hear = (data: Buffer) => {
        said += data
        const url = ready.exec(said)?.[1]
        if (url) resolve(new Service(child, folder, url, said))
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', (data: Buffer) => {
        said += data
      })
      child.on('error', error =>
        reject(new Error(`${BINARY} cannot be started: ${error.message}; cargo build -p cartwright`)),
      )
      child.on('exit', () => reject(new Error(`it ended before it was ready:\n${said}`)))
    })
  }

  /** The link for the first user. */
  get link(): string {
    return /http:\S+\/console\/welcome#\S+/.exec(this.said)?.[0] ?? ''
  }

  /** The API key that the demo prints. */
  get key(): string {
    return /API key:\s+(\S+)/.exec(this.said)?.[1] ?? ''
  }

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' }
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    } as RequestInit)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? undefined : answer.json()
  }

  async stop() {
    const closed = new Promise(resolve => this.child.once('close', resolve))
    this.child.kill('SIGKILL')
    await closed
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type As = { name?: string; version?: string }

/** A component of ours, as another version or by another name. */
export const component = (file: string, as: As = {}) => rewritten(join(PLUGINS, `${file}.wasm`), as)

/** A component of somebody else's: one of the examples. */
export const example = (file: string, as: As = {}) => rewritten(join(EXAMPLES, `${file}.wasm`), as)

/** Its metadata stands at its end, as plain text. */
function rewritten(path: string, as: As): Buffer {
  let bytes = readFileSync(path).toString('latin1')
  const write = (section: string, to: string) => {
    const at = bytes.lastIndexOf(section) + section.length
    bytes = bytes.slice(0, at) + to + bytes.slice(at + to.length)
  }
  if (as.name) write('cartwright:name', as.name)
  if (as.version) write('version', as.version)
  return Buffer.from(bytes, 'latin1')
}

export function run(...words: string[]): string {
  return execFileSync(BINARY, words, { cwd: ROOT, env: SETTINGS, encoding: 'utf8' })
}
