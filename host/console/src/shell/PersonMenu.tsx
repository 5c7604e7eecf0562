/** Who looks, in which language and light, and the way out. */
import { Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Check, ChevronsUpDown, CircleUser, LogOut } from 'lucide-react'
import { signOut } from '../session'
import { type Key, LANGUAGES, type Language, useLanguageChoice, useSpeech } from '../words'
import { useVisit } from './shop'

const SCHEMES: ['auto' | 'light' | 'dark', Key][] = [
  ['auto', 'theme.auto'],
  ['light', 'theme.light'],
  ['dark', 'theme.dark'],
]

export function PersonMenu() {
  const { say, language } = useSpeech()
  const choose = useLanguageChoice()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { person, mode } = useVisit()
  const navigate = useNavigate()
  const tick = (isChosen: boolean) => isChosen && <Check size={16} aria-hidden />
  const leave = async () => {
    await signOut()
    await navigate({ to: '/sign-in' })
  }
  return (
    <Menu width="target" position="top-start">
      <Menu.Target>
        <UnstyledButton className="choice" aria-label={say('frame.person', { name: person.name })}>
          <span className="choice-name">
            <CircleUser size={18} strokeWidth={1.8} aria-hidden />
            <bdi>{person.name}</bdi>
          </span>
          <ChevronsUpDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say('frame.language')}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map(one => (
          <Menu.Item key={one} lang={one} onClick={() => choose(one)} rightSection={tick(one === language)}>
            {LANGUAGES[one]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{say('frame.theme')}</Menu.Label>
        {SCHEMES.map(([scheme, word]) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            rightSection={tick(scheme === colorScheme)}
          >
            {say(word)}
          </Menu.Item>
        ))}
        {mode === 'serve' && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={leave}>
              {say('frame.signOut')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
