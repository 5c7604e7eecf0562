/** A provider on this machine: the test says what it answers. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = (method: string, body: string) => [status: number, body: object]

export class Local {
  private constructor(private readonly server: Server) {}

  static async start(answer: Answer): Promise<Local> {
    const server = createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += String(chunk)
      const [status, body] = answer(request.method ?? '', text)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Local(server)
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop() {
    this.server.closeAllConnections()
    this.server.close()
  }
}
