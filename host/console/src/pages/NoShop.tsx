/** Somebody is signed in and sees no shop. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alone } from '../pieces/Alone'
import { Answer } from '../pieces/Answer'
import { sessionQuery, signOut } from '../session'
import { useSpeech } from '../words'

export function NoShop() {
  const { say } = useSpeech()
  const navigate = useNavigate()
  const session = useQuery(sessionQuery)
  const leave = useMutation({ mutationFn: signOut, onSuccess: () => navigate({ to: '/sign-in' }) })
  return (
    <Alone title={say('noShop.title')}>
      <Answer of={session}>
        {({ person }) =>
          person?.standing === 'operator' ? (
            <>
              <p>{say('noShop.operator')}</p>
              <code className="code" dir="ltr">
                cartwright shop add NAME --currency EUR
              </code>
            </>
          ) : (
            <p>{say('noShop.member')}</p>
          )
        }
      </Answer>
      <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
        {say('frame.signOut')}
      </Button>
    </Alone>
  )
}
