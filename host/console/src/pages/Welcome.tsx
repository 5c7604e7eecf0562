/** What a link that works once leads to: its holder chooses a name and a password. What stands behind `#` never leaves
 * the browser with the address. */
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Alone } from '../pieces/Alone'
import { Answer, Trouble } from '../pieces/Answer'
import { redeem } from '../session'
import { useSpeech } from '../words'

export function Welcome() {
  const { say, word } = useSpeech()
  const [link] = useState(() => window.location.hash.slice(1))
  const look = useQuery({
    queryKey: ['link', link],
    queryFn: () => take(api.POST('/v1/links/look', { body: { link } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const about = (view: Schemas['LinkView']) => {
    if (view.purpose === 'join') {
      return say('welcome.join', { shop: view.shop ?? '', role: word('role', view.role ?? '') })
    }
    return say(`welcome.${view.purpose}`, { name: view.name ?? '' })
  }
  return (
    <Alone title={say('welcome.title')} about={look.data && about(look.data)}>
      <Answer of={look}>{view => <Choosing link={link} view={view} />}</Answer>
    </Alone>
  )
}

function Choosing({ link, view }: { link: string; view: Schemas['LinkView'] }) {
  const { say } = useSpeech()
  const navigate = useNavigate()
  const [name, setName] = useState(view.name ?? '')
  const [password, setPassword] = useState('')
  const isNew = view.purpose !== 'new_password'
  const asked = useMutation({
    mutationFn: () => redeem(link, isNew ? name : '', password),
    onSuccess: () => navigate({ to: '/', replace: true }),
  })
  const refusal = asked.error instanceof Refusal ? asked.error : undefined
  const wrong = (field: string) =>
    refusal?.of(field) && say(field === 'name' ? 'welcome.badName' : 'welcome.badPassword')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    asked.mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      {asked.error && !refusal?.errors.length && <Trouble error={asked.error} />}
      <TextInput
        label={say('signIn.name')}
        description={isNew ? say('welcome.nameHelp') : undefined}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        required
        disabled={!isNew}
        value={name}
        error={wrong('name')}
        onChange={event => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={say('signIn.password')}
        description={say('welcome.passwordHelp')}
        name="password"
        autoComplete="new-password"
        required
        value={password}
        error={wrong('password')}
        onChange={event => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': say('signIn.showPassword') }}
      />
      <Button type="submit" loading={asked.isPending}>
        {say(isNew ? 'welcome.go' : 'welcome.change')}
      </Button>
    </form>
  )
}
