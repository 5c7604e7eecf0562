/** Which shop one looks at, and the way to another. */
import { Menu, UnstyledButton } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Check, ChevronsUpDown, Store } from 'lucide-react'
import { useSpeech } from '../words'
import { useVisit } from './shop'

export function ShopMenu() {
  const { say } = useSpeech()
  const { shop, person } = useVisit()
  const navigate = useNavigate()
  const name = (
    <span className="choice-name">
      <Store size={18} strokeWidth={1.8} aria-hidden />
      <bdi>{shop.name}</bdi>
    </span>
  )
  if (person.shops.length === 1) return <div className="choice still">{name}</div>
  return (
    <Menu width="target" position="bottom-start">
      <Menu.Target>
        <UnstyledButton className="choice" aria-label={say('frame.chooseShop', { shop: shop.name })}>
          {name}
          <ChevronsUpDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {person.shops.map(one => (
          <Menu.Item
            key={one.id}
            onClick={() => navigate({ to: '/$shop', params: { shop: one.id } })}
            rightSection={one.id === shop.id && <Check size={16} aria-hidden />}
          >
            <bdi>{one.name}</bdi>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
