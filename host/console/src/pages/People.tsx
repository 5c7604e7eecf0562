/** Who may do what in the shop: owners invite, change and remove. */
import { Button, CopyButton, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Check, Copy, UserPlus, UserX } from 'lucide-react'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { queries, type Role } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

const ROLES: Role[] = ['viewer', 'editor', 'integrator', 'owner']
type Member = Schemas['MemberView']

function useRoles() {
  const { word } = useSpeech()
  return ROLES.map(value => ({ value, label: word('role', value) }))
}

export function People() {
  const { say, day } = useSpeech()
  const { shop, person } = useVisit()
  const [isInviting, invite] = useState(false)
  const [leaving, leave] = useState<Member | null>(null)
  const roles = useRoles()
  const key = ['shop', shop.id, 'people']
  const people = useQuery({ queryKey: key, queryFn: () => take(api.GET('/v1/people')) })
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      take(api.PUT('/v1/people/{user}', { params: { path: { user: id } }, body: { role } })),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  })
  return (
    <Page
      title={say('nav.people')}
      about={say('people.about')}
      actions={
        <Button leftSection={<UserPlus size={16} aria-hidden />} onClick={() => invite(true)}>
          {say('people.invite')}
        </Button>
      }
    >
      {change.error && <Trouble error={change.error} />}
      <Card flush>
        <Answer of={people}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={UserPlus}>{say('people.none')}</Empty>
            ) : (
              <div className="scroll">
                <table className="list">
                  <thead>
                    <tr>
                      <th scope="col">{say('people.name')}</th>
                      <th scope="col">{say('people.role')}</th>
                      <th scope="col">{say('people.since')}</th>
                      <th scope="col">
                        <span className="unseen">{say('people.remove')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map(one => (
                      <tr key={one.id}>
                        <td data-label={say('people.name')}>
                          <div>
                            <bdi>{one.name}</bdi>
                            {one.id === person.id && <span className="quiet"> · {say('people.you')}</span>}
                          </div>
                        </td>
                        <td data-label={say('people.role')}>
                          <NativeSelect
                            size="xs"
                            aria-label={say('people.roleOf', { name: one.name })}
                            data={roles}
                            value={one.role}
                            disabled={one.id === person.id}
                            onChange={event =>
                              change.mutate({ id: one.id, role: event.currentTarget.value as Role })
                            }
                          />
                        </td>
                        <td className="quiet" data-label={say('people.since')}>{day(one.created_at, shop.time_zone)}</td>
                        <td className="number" data-label={say('people.remove')}>
                          <Button
                            size="xs"
                            variant="subtle"
                            color="red"
                            disabled={one.id === person.id}
                            leftSection={<UserX size={14} aria-hidden />}
                            onClick={() => leave(one)}
                          >
                            {say('people.remove')}
                          </Button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Answer>
      </Card>
      <Card title={say('people.whatRoles')}>
        <dl className="terms">
          {ROLES.map(role => (
            <div key={role}>
              <dt>{say(`role.${role}`)}</dt>
              <dd>{say(`roleAbout.${role}`)}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Inviting isOpen={isInviting} close={() => invite(false)} />
      <Removing member={leaving} close={() => leave(null)} listed={key} />
    </Page>
  )
}

function Inviting({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const roles = useRoles()
  const [role, choose] = useState<Role>('viewer')
  const made = useMutation({ mutationFn: () => take(api.POST('/v1/people/invitations', { body: { role } })) })
  const done = () => {
    made.reset()
    close()
  }
  return (
    <Modal
      opened={isOpen}
      onClose={done}
      title={say('people.invite')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <div className="stack">
        {made.error && <Trouble error={made.error} />}
        {made.data ? (
          <>
            <p>{say('people.linkMade', { until: moment(made.data.expires_at, shop.time_zone) })}</p>
            <TextInput readOnly dir="ltr" label={say('people.link')} value={made.data.url} />
            <CopyButton value={made.data.url}>
              {({ copied, copy }) => (
                <Button
                  onClick={copy}
                  leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
                >
                  {say(copied ? 'answer.copied' : 'answer.copy')}
                </Button>
              )}
            </CopyButton>
          </>
        ) : (
          <>
            <NativeSelect
              label={say('people.role')}
              description={say(`roleAbout.${role}`)}
              data={roles}
              value={role}
              onChange={event => choose(event.currentTarget.value as Role)}
            />
            <Button loading={made.isPending} onClick={() => made.mutate()}>
              {say('people.makeLink')}
            </Button>
          </>
        )}
      </div>
    </Modal>
  )
}

function Removing(props: { member: Member | null; close: () => void; listed: string[] }) {
  const { say } = useSpeech()
  const { member, close, listed } = props
  const removed = useMutation({
    mutationFn: (id: string) => take(api.DELETE('/v1/people/{user}', { params: { path: { user: id } } })),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: listed })
    },
  })
  return (
    <Modal
      opened={member !== null}
      onClose={close}
      title={say('people.removeAsk', { name: member?.name ?? '' })}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <div className="stack">
        {removed.error && <Trouble error={removed.error} />}
        <p>{say('people.removeAbout')}</p>
        <div className="row">
          <Button color="red" loading={removed.isPending} onClick={() => member && removed.mutate(member.id)}>
            {say('people.remove')}
          </Button>
          <Button variant="default" onClick={close}>
            {say('answer.cancel')}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
