/** What is wrong, in the reader's language; what a plugin says stays as it is. */
import type { Schemas } from '../api/client'
import { useSpeech } from '../words'

export function FaultWords({ of }: { of: Pick<Schemas['FieldError'], 'message' | 'code' | 'values'> }) {
  const { told } = useSpeech()
  const words = told('fault', of.code, of.values)
  return words === undefined ? <span lang="en">{of.message}</span> : <span>{words}</span>
}
