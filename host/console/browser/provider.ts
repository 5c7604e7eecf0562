/** An OpenID provider on this machine: whoever is sent there has said yes already, and is whom the test says. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const CLIENT = 'cartwright'

/** What it says of somebody. */
type Claims = { sub: string; email: string; email_verified: boolean }

export class Provider {
  /** Who is at the browser. */
  person: Claims = { sub: 'ana-1', email: 'ana@acorn.example', email_verified: true }
  /** What it was asked, and by which browser's word. */
  readonly asked: URLSearchParams[] = []
  private readonly consents = new Map<string, URLSearchParams>()
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  private readonly server: Server = createServer((request, response) => {
    this.answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message))
  })

  static async start(): Promise<Provider> {
    const provider = new Provider()
    await new Promise<void>(resolve => provider.server.listen(0, 'localhost', resolve))
    return provider
  }

  /** Another site than the service, which is at 127.0.0.1: a browser keeps some cookies from it. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  /** What the service is started with. */
  get options(): string[] {
    return ['--oidc-issuer', this.url, '--oidc-client-id', CLIENT, '--oidc-label', 'Acme']
  }

  stop() {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const tell = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return tell({
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/jwks`,
        })
      case '/jwks': {
        const key = this.keys.publicKey.export({ format: 'jwk' })
        return tell({ keys: [{ ...key, kid: 'k1', use: 'sig', alg: 'ES256' }] })
      }
      case '/authorize':
        return response.writeHead(302, { location: this.consent(searchParams) }).end()
      case '/token': {
        const token = this.redeem(new URLSearchParams(await bodyOf(request)))
        return token ? tell({ token_type: 'Bearer', id_token: token }) : tell({ error: 'invalid_grant' }, 400)
      }
    }
    response.writeHead(404).end()
  }

  /** Where the browser goes back to. */
  private consent(asked: URLSearchParams): string {
    this.asked.push(asked)
    const code = randomUUID()
    this.consents.set(code, asked)
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.searchParams.set('state', asked.get('state') ?? '')
    back.searchParams.set('code', code)
    return back.href
  }

  /** The token for a code, to whoever began with it, and once. */
  private redeem(given: URLSearchParams): string | undefined {
    const code = given.get('code') ?? ''
    const asked = this.consents.get(code)
    this.consents.delete(code)
    const challenge = createHash('sha256').update(given.get('code_verifier') ?? '').digest('base64url')
    const isTheirs =
      asked?.get('code_challenge') === challenge && asked.get('redirect_uri') === given.get('redirect_uri')
    if (!isTheirs) return undefined
    const now = Math.floor(Date.now() / 1_000)
    const said = { iss: this.url, aud: CLIENT, iat: now, exp: now + 300, nonce: asked?.get('nonce'), ...this.person }
    const text = `${part({ alg: 'ES256', kid: 'k1', typ: 'JWT' })}.${part(said)}`
    const signature = sign('sha256', Buffer.from(text), {
      key: this.keys.privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${text}.${signature.toString('base64url')}`
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
