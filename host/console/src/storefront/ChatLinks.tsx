/** Links and QR codes that open a chat with the shop, and tell where somebody came from. */
import { Button, CopyButton, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Check, Copy, Download, MessageCirclePlus, QrCode, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Confirm } from '../pieces/Confirm'
import { useDoing } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Link = Schemas['ChatLinkView']

export function ChatLinks() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [isAdding, add] = useState(false)
  const [shown, show] = useState<Link | null>(null)
  const [leaving, leave] = useState<Link | null>(null)
  const mayEdit = may(shop, 'edit')
  const links = useQuery({
    queryKey: ['shop', shop.id, 'chat-links'],
    queryFn: () => take(api.GET('/v1/chat-links', { params: { query: { limit: 200 } } })),
  })
  return (
    <Card
      title={say('chatLinks.title')}
      side={
        mayEdit && (
          <Button
            size="xs"
            leftSection={<MessageCirclePlus size={14} aria-hidden />}
            onClick={() => add(true)}
          >
            {say('chatLinks.add')}
          </Button>
        )
      }
    >
      <p className="quiet small">{say('chatLinks.about')}</p>
      <Answer of={links}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={QrCode}>{say('chatLinks.none')}</Empty>
          ) : (
            <div className="scroll">
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{say('chatLinks.name')}</th>
                    <th scope="col">{say('chatLinks.keyword')}</th>
                    <th scope="col">{say('chatLinks.address')}</th>
                    <th scope="col">
                      <span className="unseen">{say('chatLinks.actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map(link => (
                    <tr key={link.name}>
                      <td data-label={say('chatLinks.name')}>
                        <div>
                          <bdi>{link.name}</bdi> <span className="quiet small">{link.channel}</span>
                        </div>
                      </td>
                      <td data-label={say('chatLinks.keyword')}>
                        <span className="code" dir="ltr">
                          {link.keyword}
                        </span>
                      </td>
                      <td data-label={say('chatLinks.address')}>
                        {link.address ? (
                          <span className="code" dir="ltr">
                            {link.address}
                          </span>
                        ) : (
                          <span className="quiet">{say('chatLinks.closed')}</span>
                        )}
                      </td>
                      <td data-label={say('chatLinks.actions')}>
                        <div className="row">
                          {link.address && <CopyAddress address={link.address} />}
                          {link.address && (
                            <Button
                              size="xs"
                              variant="default"
                              leftSection={<QrCode size={14} aria-hidden />}
                              aria-label={say('chatLinks.codeOf', { name: link.name })}
                              onClick={() => show(link)}
                            >
                              {say('chatLinks.code')}
                            </Button>
                          )}
                          {mayEdit && (
                            <Button
                              size="xs"
                              variant="subtle"
                              color="red"
                              leftSection={<Trash2 size={14} aria-hidden />}
                              aria-label={say('chatLinks.removeOf', { name: link.name })}
                              onClick={() => leave(link)}
                            >
                              {say('chatLinks.remove')}
                            </Button>
                          )}
                        </div>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
      {isAdding && <Adding close={() => add(false)} />}
      {shown && <Code link={shown} close={() => show(null)} />}
      {leaving && <Removing link={leaving} close={() => leave(null)} />}
    </Card>
  )
}

function CopyAddress({ address }: { address: string }) {
  const { say } = useSpeech()
  return (
    <CopyButton value={address}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          onClick={copy}
          leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        >
          {say(copied ? 'answer.copied' : 'answer.copy')}
        </Button>
      )}
    </CopyButton>
  )
}

const BLANK = { name: '', channel: '', keyword: '', text: '' }

function Adding({ close }: { close: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [asked, ask] = useState(BLANK)
  const channels = useQuery({
    queryKey: ['shop', shop.id, 'channels'],
    queryFn: () => take(api.GET('/v1/channels')),
  })
  const names = channels.data?.items.map(one => one.name) ?? []
  const { name, ...link } = { ...asked, channel: asked.channel || (names[0] ?? '') }
  const saving = useDoing(() =>
    take(api.PUT('/v1/chat-links/{name}', { params: { path: { name: name.trim() } }, body: link })),
  )
  const refusal = saving.error instanceof Refusal ? saving.error : undefined
  const write = (field: keyof typeof BLANK) => (event: { currentTarget: { value: string } }) => {
    saving.reset()
    ask({ ...asked, [field]: event.currentTarget.value })
  }
  return (
    <Modal
      opened
      onClose={close}
      title={say('chatLinks.add')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault()
          saving.mutate(undefined, { onSuccess: close })
        }}
      >
        {saving.error && <Trouble error={saving.error} />}
        <TextInput
          required
          label={say('chatLinks.name')}
          description={say('chatLinks.nameAbout', { name: name.trim() || 'poster' })}
          value={name}
          error={refusal?.of('name')}
          onChange={write('name')}
        />
        <NativeSelect
          required
          label={say('chatLinks.channel')}
          data={names}
          value={link.channel}
          error={refusal?.of('channel')}
          onChange={write('channel')}
        />
        <TextInput
          required
          dir="ltr"
          label={say('chatLinks.keyword')}
          description={say('chatLinks.keywordAbout')}
          value={link.keyword}
          error={refusal?.of('keyword')}
          onChange={write('keyword')}
        />
        <Textarea
          dir="auto"
          label={say('chatLinks.text')}
          description={say('chatLinks.textAbout')}
          value={link.text}
          error={refusal?.of('text')}
          onChange={write('text')}
        />
        <div className="row">
          <Button type="submit" loading={saving.isPending} disabled={!name.trim() || !link.keyword}>
            {say('chatLinks.save')}
          </Button>
          <Button variant="default" onClick={close}>
            {say('answer.cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

function Code({ link, close }: { link: Link; close: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const params = { path: { name: link.name } }
  const code = useQuery({
    queryKey: ['shop', shop.id, 'chat-links', link.name, link.address],
    queryFn: () => take(api.GET('/v1/chat-links/{name}/qr.svg', { params, parseAs: 'text' })),
  })
  return (
    <Modal
      opened
      onClose={close}
      title={say('chatLinks.codeOf', { name: link.name })}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <Answer of={code}>
        {svg => {
          const picture = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(String(svg))}`
          return (
            <div className="stack">
              <img className="qr" src={picture} alt={say('chatLinks.codeOf', { name: link.name })} />
              <p className="quiet small">{say('chatLinks.codeAbout', { text: link.offered })}</p>
              <div className="row">
                <Button
                  component="a"
                  href={picture}
                  download={`${link.name}.svg`}
                  leftSection={<Download size={16} aria-hidden />}
                >
                  {say('chatLinks.download')}
                </Button>
              </div>
            </div>
          )
        }}
      </Answer>
    </Modal>
  )
}

function Removing({ link, close }: { link: Link; close: () => void }) {
  const { say } = useSpeech()
  const removing = useDoing(() =>
    take(api.DELETE('/v1/chat-links/{name}', { params: { path: { name: link.name } } })),
  )
  return (
    <Confirm
      isOpen
      close={close}
      title={say('chatLinks.removeOf', { name: link.name })}
      go={say('chatLinks.remove')}
      isGrave
      does={removing}
    >
      <p>{say('chatLinks.removeAbout')}</p>
    </Confirm>
  )
}
