/** Somebody with a browser, and everything that may not happen while they look. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Locator, type Page, type Request } from 'playwright-core'
import { expect, vi } from 'vitest'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SHOTS = join(import.meta.dirname, '../screenshots')

type Wishes = { language?: string; theme?: 'light' | 'dark'; width?: number; height?: number }

export class Visitor {
  /** What went wrong so far. */
  readonly faults: string[] = []
  /** Requests that are not answered yet. */
  private readonly asked = new Set<Request>()

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async come(url: string, wishes: Wishes = {}): Promise<Visitor> {
    const folder = mkdtempSync(join(tmpdir(), 'cartwright-browser-'))
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
      headless: true,
      locale: wishes.language ?? 'en',
      colorScheme: wishes.theme ?? 'light',
      reducedMotion: 'reduce',
      viewport: { width: wishes.width ?? 1280, height: wishes.height ?? 860 },
    })
    const page = context.pages()[0] ?? (await context.newPage())
    page.setDefaultTimeout(20_000)
    const visitor = new Visitor(context, page, folder, url)
    page.on('pageerror', error => visitor.faults.push(`error: ${error.message}`))
    page.on('console', message => {
      if (message.type() === 'error') visitor.faults.push(`console: ${message.text()}`)
    })
    page.on('request', request => {
      const to = request.url()
      if (!to.endsWith('/stream')) visitor.asked.add(request)
      if (!to.startsWith(`${url}/`) && !to.startsWith('data:')) visitor.faults.push(`request to ${to}`)
    })
    for (const end of ['requestfinished', 'requestfailed'] as const) {
      page.on(end as 'requestfinished', request => visitor.asked.delete(request))
    }
    return visitor
  }

  async goto(path: string) {
    await this.page.goto(path.startsWith('http') ? path : `${this.url}/console${path}`)
    await this.settle()
  }

  /** The first page, and the address below which the pages of its shop stand. */
  async home(): Promise<string> {
    await this.goto('/')
    return new URL(this.page.url()).pathname.replace('/console', '').replace(/\/$/, '')
  }

  /** Presses a key on what has the focus by then. A dialog takes the focus a moment after it opened, and gives it back
   * a moment after it closed; timers of one page end in their order, so whoever waits longer comes after both. */
  async press(target: Locator, key = 'Enter') {
    // A radio button of a row of choices has no size of its own.
    await target.waitFor({ state: 'attached' })
    const within = await target.evaluate(element => element.closest('[role=dialog]') !== null)
    await this.page.waitForFunction(within => {
      const dialog = document.querySelector('[role=dialog]')
      return within ? dialog?.contains(document.activeElement) : dialog === null
    }, within)
    await this.page.evaluate(() => new Promise(done => setTimeout(done, 50)))
    await target.focus()
    await this.page.keyboard.press(key)
  }

  /** Waits until nothing is loading any more. */
  async settle() {
    await this.page.waitForLoadState('load')
    await this.isQuiet()
    await this.page.waitForFunction(() => !document.querySelector('[role=status] .mantine-Loader-root'))
    await this.page.evaluate(() => document.fonts.ready)
  }

  /** Nothing is being asked for, and nothing was for half a second; what is told for as long as one listens is no part
   * of that. */
  private async isQuiet() {
    let last = Date.now()
    await vi.waitUntil(
      () => {
        if (this.asked.size > 0) last = Date.now()
        return Date.now() - last > 500
      },
      { timeout: 20_000, interval: 50 },
    )
  }

  async choose(language: string, theme: 'light' | 'dark') {
    await this.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await this.page.evaluate(
      ([language, theme]) => {
        localStorage.setItem('cartwright-language', language ?? '')
        localStorage.setItem('cartwright-theme', theme ?? '')
      },
      [language, theme],
    )
    await this.page.reload()
    await this.settle()
  }

  /** Nothing stands in anybody's way (axe), and nothing is wider than the window. */
  async isSound(what: string, without: string[] = []) {
    await this.isThere()
    if (!(await this.page.evaluate(() => 'axe' in window))) {
      // The page allows no script from elsewhere: axe comes in by the debugger.
      await this.page.evaluate(AXE)
    }
    const found = await this.page.evaluate(async without => {
      const { axe } = window as unknown as {
        axe: { run: (options: object) => Promise<{ violations: Violation[] }> }
      }
      const rules = Object.fromEntries(without.map(rule => [rule, { enabled: false }]))
      const { violations } = await axe.run({ resultTypes: ['violations'], rules })
      return violations.flatMap(one =>
        one.nodes.map(node => `${one.id}: ${node.target.join(' ')} ${node.failureSummary}`),
      )
    }, without)
    expect(found, what).toEqual([])
    const beyond = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, `${what} is wider than the window`).toBeLessThanOrEqual(0)
    expect(this.faults, what).toEqual([])
  }

  /** What comes late stands where it was waited for. */
  private async isThere() {
    await expect.poll(() => this.page.locator('.empty[role=status], .waiting').count()).toBe(0)
  }

  async shoot(name: string) {
    mkdirSync(SHOTS, { recursive: true })
    await this.isThere()
    // What hangs over a page, or sticks to the window, would stand in the middle of a picture of the whole.
    const hangs = (await this.page.getByRole('dialog').count()) > 0
    if (!hangs) await this.page.evaluate(() => window.scrollTo(0, 0))
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: !hangs })
  }

  /** An error that the test itself brought about. */
  expectFault(part: string) {
    expect(this.faults.join('\n')).toContain(part)
    this.faults.length = 0
  }

  async leave() {
    await this.context.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type Violation = { id: string; nodes: { target: string[]; failureSummary: string }[] }
