/* Cartwright on the shop's own pages: joins a cart to whoever says who they are, and shows the shop's forms.
 *
 * Nothing is kept in the browser and nothing is told by itself before the visitor allowed it:
 *   cartwright('consent', true)     or, on Shopify, the visitor's choice in its privacy banner
 *   cartwright('cart', token)       the cart, where the page is not Shopify's
 *   cartwright('customer', id)      the platform's id of who signed in, likewise
 *   cartwright('open', 'news')      opens a form; so does a click on <button data-cartwright="news">
 */
(() => {
  'use strict'
  const SHOP = /* FORMS */ {}
  const AGAIN = 30 * 864e5
  const DAY = 864e5
  const TYPES = { email: 'email', phone: 'tel' }
  const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur']
  const WORDS = {
    en: ['E-mail', 'Phone', 'Close', 'Send', 'Thank you!', 'Please fill in one of these.',
      'Please check what you typed.', 'That did not work. Please try again later.'],
    ar: ['البريد الإلكتروني', 'الهاتف', 'إغلاق', 'إرسال', 'شكرًا لك!', 'يرجى ملء أحد الحقلين.',
      'يرجى التحقق مما كتبته.', 'لم ينجح ذلك. يرجى المحاولة لاحقًا.'],
    ro: ['E-mail', 'Telefon', 'Închide', 'Trimite', 'Mulțumim!', 'Completați unul dintre câmpuri.',
      'Verificați ce ați scris.', 'Nu a reușit. Încercați din nou mai târziu.'],
    vi: ['Email', 'Số điện thoại', 'Đóng', 'Gửi', 'Cảm ơn bạn!', 'Vui lòng điền một trong hai ô.',
      'Vui lòng kiểm tra lại thông tin đã nhập.', 'Không thành công. Vui lòng thử lại sau.'],
    zh: ['邮箱', '手机号码', '关闭', '提交', '谢谢！', '请至少填写一项。', '请检查您填写的内容。',
      '未能成功，请稍后再试。'],
  }
  const STYLE = `
    :host { all: initial }
    dialog { box-sizing: border-box; width: min(26rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem);
      overflow: auto; padding: 1.5rem; border: 0; border-radius: 12px; color: #1c1c1c; background: #fff;
      font: 16px/1.5 var(--cartwright-font, system-ui, sans-serif); box-shadow: 0 12px 48px #0005 }
    dialog::backdrop { background: #0008 }
    h2 { margin: 0 0 .5rem; padding-inline-end: 2rem; font-size: 1.25rem; line-height: 1.3 }
    p { margin: 0 0 1rem; white-space: pre-line }
    label { display: block; margin-bottom: 1rem }
    input { font: inherit }
    input:not([type=checkbox]) { box-sizing: border-box; display: block; width: 100%; padding: .5rem .75rem;
      border: 1px solid #767676; border-radius: 6px; color: inherit; background: #fff }
    .box { display: flex; gap: .75rem; align-items: flex-start }
    .box input { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0 0 }
    button { font: inherit; cursor: pointer; border: 0; border-radius: 6px }
    .send { width: 100%; padding: .625rem; color: #fff; background: var(--cartwright-accent, #1b4d3e) }
    .close { position: absolute; inset-block-start: .75rem; inset-inline-end: .75rem; width: 2.5rem;
      height: 2.5rem; font-size: 1.5rem; line-height: 1; color: inherit; background: none }
    .code { display: block; padding: .75rem; border: 2px dashed; border-radius: 6px; text-align: center;
      font-size: 1.25rem; font-weight: bold; user-select: all }
    .wrong { color: #a4161a }
    .wrong:empty { display: none }
    :focus-visible { outline: 3px solid #1967d2; outline-offset: 2px }`

  const asked = window.cartwright
  if (asked && asked.ready) return
  const address = new URL(document.currentScript.src)
  const base = address.origin + address.pathname.replace(/\.js$/, '')
  const KEY = 'cartwright'

  let allowed = false
  let cart
  let customer
  /* What this page remembers; the browser too, once it may. */
  let kept = {}

  const random = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')

  function keep(change) {
    Object.assign(kept, change)
    try {
      if (allowed) localStorage.setItem(KEY, JSON.stringify(kept))
    } catch {
      /* Storage may be full or forbidden; the page goes on without. */
    }
  }

  function remember() {
    try {
      kept = { ...kept, ...JSON.parse(localStorage.getItem(KEY) || '{}') }
    } catch {
      /* What somebody else wrote there is nothing of ours. */
    }
    keep({ id: kept.id || random() })
  }

  function forget() {
    kept = {}
    try {
      localStorage.removeItem(KEY)
    } catch {
      /* There is nothing to forget. */
    }
  }

  function carried() {
    if (!kept.id) keep({ id: random() })
    return {
      anonymous: kept.id,
      cart,
      customer,
      language: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      page: location.origin + location.pathname,
    }
  }

  const tell = (path, said) =>
    fetch(`${base}/${path}`, {
      method: 'POST',
      mode: 'cors',
      credentials: 'omit',
      keepalive: true,
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(said),
    })

  /* Tells who is here, once a day and whenever that changes. */
  function introduce() {
    if (!allowed || !(cart || customer)) return
    const said = carried()
    const told = [said.cart, said.customer, said.language, said.time_zone].join()
    if (kept.told === told && Date.now() - kept.toldAt < DAY) return
    tell('browser', said).then(answer => answer.ok && keep({ told, toldAt: Date.now() })).catch(() => {})
  }

  function consent(yes) {
    if (yes === allowed) return
    allowed = yes
    if (!yes) return forget()
    remember()
    introduce()
    for (const [name, form] of Object.entries(SHOP.forms)) {
      const seen = (kept.seen || {})[name] || 0
      if (form.opens_after !== undefined && Date.now() - seen > AGAIN) setTimeout(openUnasked, form.opens_after, name)
    }
  }

  /* `zh-TW` is written as `zh-Hant` and never as `zh-Hans`. */
  function among(languages, wanted) {
    const lower = language => language.toLowerCase()
    for (const tag of wanted) {
      let likely = []
      try {
        const { language, script } = new Intl.Locale(tag).maximize()
        const same = new Intl.Locale(language).maximize().script === script
        likely = [`${language}-${script}`, ...(same ? [language] : [])]
      } catch {
        /* A browser may call its language what it likes. */
      }
      for (const name of [tag, ...likely]) {
        const found = languages.find(language => lower(language) === lower(name))
        if (found) return found
      }
    }
  }

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties)
    element.append(...children)
    return element
  }

  /* Nobody is spoken to twice at once. */
  let shown

  function openUnasked(name) {
    if (allowed) open(name)
  }

  function open(name) {
    const form = SHOP.forms[name]
    if (!form || (shown && shown.open)) return
    const language = among(Object.keys(form.texts), navigator.languages) || form.language
    const texts = form.texts[language]
    const [email, phone, close, send, done, one, wrong, later] = WORDS[among(Object.keys(WORDS), [language]) || 'en']
    keep({ seen: { ...kept.seen, [name]: Date.now() } })

    const single = form.asks.length === 1
    const inputs = form.asks.map(kind =>
      make('input', { name: kind, type: TYPES[kind], autocomplete: TYPES[kind], dir: 'ltr', required: single }),
    )
    const labels = inputs.map(input => make('label', {}, input.name === 'email' ? email : phone, input))
    const box = make('input', { type: 'checkbox', required: form.needs_consent })
    const fault = make('p', { className: 'wrong', role: 'alert' })
    const title = make('h2', { id: 'title', textContent: texts.title })
    const closer = make('button', { type: 'button', className: 'close', ariaLabel: close, textContent: '×' })
    const sender = make('button', { className: 'send', textContent: texts.button || send })
    const consented = make('label', { className: 'box' }, box, make('span', {}, texts.consent))
    const fields = make('form', {}, ...labels, consented, fault, sender)
    const body = make('div', {}, ...(texts.text ? [make('p', { textContent: texts.text })] : []), fields)
    const direction = RIGHT_TO_LEFT.includes(language.split('-')[0]) ? 'rtl' : 'ltr'
    const dialog = make('dialog', { lang: language, dir: direction }, title, body, closer)
    dialog.setAttribute('aria-labelledby', 'title')

    const host = make('div', {})
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    root.append(dialog)
    document.body.append(host)

    closer.onclick = () => dialog.close()
    dialog.onclose = () => host.remove()
    fields.oninput = () => inputs[0].setCustomValidity('')
    sender.onclick = () => {
      if (!single) inputs[0].setCustomValidity(inputs.some(input => input.value.trim()) ? '' : one)
    }
    fields.onsubmit = async event => {
      event.preventDefault()
      sender.disabled = true
      fault.textContent = ''
      const typed = Object.fromEntries(inputs.map(input => [input.name, input.value]))
      try {
        await readCart()
        const answer = await tell(`forms/${name}`, { ...carried(), ...typed, consent: box.checked })
        if (!answer.ok) throw answer.status
        const { code } = await answer.json()
        const thanks = make('div', { role: 'status' }, make('p', { textContent: texts.done || done }))
        body.replaceChildren(thanks)
        if (code) thanks.append(make('strong', { className: 'code', textContent: code }))
        closer.focus()
      } catch (error) {
        fault.textContent = error === 422 ? wrong : later
        sender.disabled = false
      }
    }
    shown = dialog
    dialog.showModal()
    inputs[0].focus()
  }

  const onShopify = () => window.Shopify && window.Shopify.shop

  /* Shopify's own pages say which cart it is; an empty one is nobody's yet. */
  async function readCart() {
    if (!onShopify()) return
    try {
      const root = (window.Shopify.routes && window.Shopify.routes.root) || '/'
      const { token, item_count } = await (await fetch(`${root}cart.js`)).json()
      if (item_count) cart = token.split('?')[0]
    } catch {
      /* Without a cart there is nothing to join. */
    }
  }

  function readShopify() {
    const page = window.ShopifyAnalytics && window.ShopifyAnalytics.meta && window.ShopifyAnalytics.meta.page
    const id = (page && page.customerId) || (window.__st && window.__st.cid)
    if (id) customer = String(id)
    const privacy = () => window.Shopify.customerPrivacy
    const follow = async yes => {
      if (yes) await readCart()
      consent(Boolean(yes))
    }
    document.addEventListener('visitorConsentCollected', event => follow(event.detail.marketingAllowed))
    if (privacy()) return follow(privacy().marketingAllowed())
    if (!window.Shopify.loadFeatures) return
    window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], error => {
      if (!error && privacy()) follow(privacy().marketingAllowed())
    })
  }

  const commands = {
    consent: yes => consent(Boolean(yes)),
    cart: token => {
      cart = token ? String(token) : undefined
      introduce()
    },
    customer: id => {
      customer = id ? String(id) : undefined
      introduce()
    },
    open,
  }
  const cartwright = (command, value) => commands[command] && commands[command](value)
  cartwright.ready = true
  window.cartwright = cartwright
  if (onShopify()) readShopify()
  for (const [command, value] of (asked && asked.q) || []) cartwright(command, value)

  addEventListener('pagehide', () => {
    if (allowed && (cart || customer)) tell('browser', { ...carried(), leaves: true }).catch(() => {})
  })
  addEventListener('click', event => {
    const opener = event.target instanceof Element && event.target.closest('[data-cartwright]')
    if (opener) open(opener.dataset.cartwright)
  })
})()
