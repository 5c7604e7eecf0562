/** Signing in with a name and a password, or at the OpenID provider if there is one. */
import { Alert, Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { CircleAlert } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { inside } from '../inside'
import { Alone } from '../pieces/Alone'
import { Trouble } from '../pieces/Answer'
import { sessionQuery, signIn } from '../session'
import { useSpeech } from '../words'

export function SignIn() {
  const { say } = useSpeech()
  const { to, refused } = useSearch({ from: '/sign-in' })
  const provider = useQuery(sessionQuery).data?.oidc
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const asked = useMutation({
    mutationFn: () => signIn(name, password),
    onSuccess: () => navigate({ to: inside(to), replace: true }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    asked.mutate()
  }
  return (
    <Alone title={say('signIn.title')}>
      {refused && !asked.error && <Refused reason={refused} />}
      <form className="stack" onSubmit={submit}>
        {asked.error && <Trouble error={asked.error} />}
        <TextInput
          label={say('signIn.name')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={say('signIn.password')}
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': say('signIn.showPassword') }}
        />
        <Button type="submit" loading={asked.isPending}>
          {say('signIn.go')}
        </Button>
      </form>
      {provider && (
        <Button
          component="a"
          variant="default"
          href={`/v1/session/oidc?to=${encodeURIComponent(inside(to))}`}
        >
          {say('signIn.provider', { provider })}
        </Button>
      )}
      <p className="quiet small">{say('signIn.forgotten')}</p>
    </Alone>
  )
}

/** Why the provider's word let nobody in. Anybody can write an address with a reason in it, so only known ones are
 * told. */
function Refused({ reason }: { reason: string }) {
  const { say, word, list } = useSpeech()
  const known = list('refused').includes(reason) ? reason : 'unproved'
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={<CircleAlert size={18} aria-hidden />}
      title={say('signIn.refused')}
    >
      {word('refused', known)}
    </Alert>
  )
}
