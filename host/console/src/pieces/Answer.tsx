/** What was asked of the service: still on its way, refused, or here. */
import { Alert, Button, Loader } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { CircleAlert, type LucideIcon } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { Refusal } from '../api/client'
import { useSpeech } from '../words'
import { FaultWords } from './FaultWords'

export function Answer<T>(props: { of: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const { say } = useSpeech()
  const { data, error, refetch } = props.of
  if (data !== undefined) return props.children(data)
  if (error) {
    return (
      <Trouble error={error}>
        <Button size="xs" variant="default" onClick={() => refetch()}>
          {say('answer.again')}
        </Button>
      </Trouble>
    )
  }
  return <Waiting />
}

/** Something is on its way. */
export function Waiting() {
  const { say } = useSpeech()
  return (
    <div className="empty" role="status" aria-label={say('answer.loading')}>
      <Loader size="sm" />
    </div>
  )
}

/** Why something did not work, and what to do. A button is disabled while it works and so loses the focus: in a form
 * the trouble takes it, lest whoever uses the keyboard starts from the top of the page. */
export function Trouble(props: { error: Error; children?: ReactNode }) {
  const { say, word } = useSpeech()
  const { error } = props
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body
    if (isLost && place.current?.closest('form, [role=dialog]')) place.current.focus()
  }, [])
  const isRefusal = error instanceof Refusal
  return (
    <Alert
      ref={place}
      tabIndex={-1}
      color="red"
      variant="light"
      role="alert"
      icon={<CircleAlert size={18} aria-hidden />}
      title={isRefusal ? word('problem', error.code) : say('answer.unreachable')}
    >
      <div className="stack tight">
        {isRefusal && <Why refusal={error} />}
        {isRefusal && error.requestId && (
          <p className="small">
            {say('answer.request')} <span className="code">{error.requestId}</span>
          </p>
        )}
        {props.children && <div>{props.children}</div>}
      </div>
    </Alert>
  )
}

/** What is wrong with which field; else what to do, in this language where that is the same for every such refusal. */
function Why({ refusal: { code, detail, errors } }: { refusal: Refusal }) {
  const { language, told } = useSpeech()
  const next = language === 'en' ? undefined : told('problemNext', code)
  const isOurs = errors.length > 0 && errors.every(one => told('fault', one.code) !== undefined)
  const isListed = errors.length > 1 || (isOurs && language !== 'en')
  const isRead = language === 'en' || !isListed || !isOurs
  return (
    <>
      {next && <p>{next}</p>}
      {/* names what it is about, which no sentence for all such refusals can */}
      {detail && isRead && (
        <p lang="en" className={next && 'quiet small'}>
          {detail}
        </p>
      )}
      {isListed && (
        <ul className="faults">
          {errors.map(one => (
            <li key={one.field + one.message}>
              {one.field && <bdi className="code">{one.field}</bdi>}{' '}
              <FaultWords of={one} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Nothing to show, and what would change that. */
export function Empty(props: { icon: LucideIcon; children: ReactNode }) {
  const { icon: Icon } = props
  return (
    <div className="empty">
      <Icon size={28} strokeWidth={1.5} aria-hidden />
      <div>{props.children}</div>
    </div>
  )
}
