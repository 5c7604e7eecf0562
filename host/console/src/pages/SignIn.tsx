/** Signing in with a name and a password. */
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { inside } from '../inside'
import { Alone } from '../pieces/Alone'
import { Trouble } from '../pieces/Answer'
import { signIn } from '../session'
import { useSpeech } from '../words'

export function SignIn() {
  const { say } = useSpeech()
  const { to } = useSearch({ from: '/sign-in' })
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
      <p className="quiet small">{say('signIn.forgotten')}</p>
    </Alone>
  )
}
