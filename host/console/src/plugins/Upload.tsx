/** The way in for a component: dropped or chosen, checked by the host, and what the check said. */
import { Alert, Button, NativeSelect } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, CircleCheck, Minus, Upload as Icon, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { Refusal } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { inLanguage } from './inLanguage'
import { upload } from './plugin'

const STAGES = ['active', 'shadow', 'installed'] as const

export function Upload() {
  const { say, word, language } = useSpeech()
  const { shop } = useVisit()
  const chosen = useRef<HTMLInputElement>(null)
  const [isOver, hover] = useState(false)
  const [stage, choose] = useState<string>('active')
  const sent = useMutation({
    mutationFn: (files: File[]) => upload(files, stage),
    onSettled: () => queries.invalidateQueries({ queryKey: ['shop', shop.id] }),
  })
  const take = (files: FileList | null) => {
    if (files?.length) sent.mutate([...files])
  }
  return (
    <div className="stack">
      {/* the button does the same by keyboard */}
      <div
        className={isOver ? 'drop over' : 'drop'}
        onDragOver={event => {
          event.preventDefault()
          hover(true)
        }}
        onDragLeave={() => hover(false)}
        onDrop={event => {
          event.preventDefault()
          hover(false)
          take(event.dataTransfer.files)
        }}
      >
        <Icon size={26} strokeWidth={1.5} aria-hidden />
        <div className="stack tight">
          <div>{say('plugins.drop')}</div>
          <div className="quiet small">{say('plugins.dropAbout')}</div>
        </div>
        <div className="row">
          <NativeSelect
            size="sm"
            aria-label={say('plugins.uploadAs')}
            value={stage}
            data={STAGES.map(value => ({ value, label: word('uploadAs', value) }))}
            onChange={event => choose(event.currentTarget.value)}
          />
          <Button loading={sent.isPending} onClick={() => chosen.current?.click()}>
            {say('plugins.choose')}
          </Button>
        </div>
        <input
          ref={chosen}
          type="file"
          hidden
          multiple
          accept=".wasm,.minisig"
          aria-label={say('plugins.choose')}
          onChange={event => {
            take(event.currentTarget.files)
            event.currentTarget.value = ''
          }}
        />
      </div>
      {sent.error && <Refused error={sent.error} />}
      {sent.data && (
        <Alert
          role="status"
          variant="light"
          color="pine"
          icon={<CircleCheck size={18} aria-hidden />}
          title={say('plugins.checked', { name: inLanguage(sent.data.descriptor, language).title, version: sent.data.version })}
        >
          <div className="stack tight">
            <Checks />
            <p>{word('stageAbout', sent.data.stage)}</p>
            {sent.data.distrust && <p lang="en">{sent.data.distrust}</p>}
            <div>
              <Link
                to="/$shop/plugins/$plugin"
                params={{ shop: shop.id, plugin: sent.data.name }}
                search={{ version: sent.data.digest }}
              >
                {say(sent.data.stage === 'waiting' ? 'plugins.lookAndGrant' : 'plugins.look')}
              </Link>
            </div>
          </div>
        </Alert>
      )}
    </div>
  )
}

/** Which check said no, and what its author can do. */
function Refused({ error }: { error: Error }) {
  const { word } = useSpeech()
  const check =
    error instanceof Refusal && error.code === 'plugin_rejected' ? error.errors[0]?.field : undefined
  return (
    <Trouble error={error}>
      {check && (
        <>
          <Checks failed={check} />
          <p>{word('pluginCheckNext', check)}</p>
        </>
      )}
    </Trouble>
  )
}

/** What the host looks at before it takes a component, in its order: the first no is the last look. */
const CHECKS = ['file', 'metadata', 'compile', 'imports', 'world', 'describe', 'conformance']

/** Which checks a component has passed: all, or those before the one that said no. */
function Checks({ failed }: { failed?: string }) {
  const { say, word } = useSpeech()
  const end = failed ? CHECKS.indexOf(failed) : CHECKS.length
  return (
    <ul className="plain checks small" aria-label={say('plugins.checks')}>
      {CHECKS.map((check, place) => {
        const state = place < end ? 'passed' : place === end ? 'failed' : 'open'
        const Icon = ICONS[state]
        return (
          <li key={check} className={state}>
            <Icon size={15} aria-hidden />
            {word('pluginCheck', check)}
            <span className="unseen"> ({word('checkState', state)})</span>
          </li>
        )
      })}
    </ul>
  )
}

const ICONS = { passed: Check, failed: X, open: Minus } as const
