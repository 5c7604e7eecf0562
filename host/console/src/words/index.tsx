/** The languages of the console. English says which words there are; the others say the same ones. */
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { speakIn } from '../api/client'
import type en from './en.json'

export type Key = keyof typeof en
export type Language = 'en' | 'zh' | 'ro' | 'ar' | 'vi'
type Forms = Partial<Record<Intl.LDMLPluralRule, string>>
export type Words = Record<Key, string | Forms>
type Values = Record<string, string | number>

export const LANGUAGES: Record<Language, string> = {
  en: 'English',
  zh: '中文',
  ro: 'Română',
  ar: 'العربية',
  vi: 'Tiếng Việt',
}

const FILES: Record<Language, () => Promise<{ default: Words }>> = {
  en: () => import('./en.json'),
  zh: () => import('./zh.json'),
  ro: () => import('./ro.json'),
  ar: () => import('./ar.json'),
  vi: () => import('./vi.json'),
}

const KEPT = 'cartwright-language'

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return language === 'ar' ? 'rtl' : 'ltr'
}

/** The language that was chosen, or else the first of the browser's that there is. */
export function chosenLanguage(): Language {
  const wanted = [localStorage.getItem(KEPT) ?? '', ...navigator.languages]
  const found = wanted.map(tag => tag.slice(0, 2)).find(tag => tag in LANGUAGES)
  return (found as Language | undefined) ?? 'en'
}

export function keepLanguage(language: Language) {
  localStorage.setItem(KEPT, language)
}

export async function loadWords(language: Language): Promise<Words> {
  document.documentElement.lang = language
  document.documentElement.dir = directionOf(language)
  return (await FILES[language]()).default
}

export type Speech = ReturnType<typeof speech>

/** Everything that is said in one language. */
export function speech(language: Language, words: Words) {
  const plural = new Intl.PluralRules(language)
  const number = new Intl.NumberFormat(language)
  const say = (key: Key, values: Values = {}): string => {
    const entry = words[key]
    const count = typeof values.n === 'number' ? values.n : 0
    const form = typeof entry === 'string' ? entry : (entry[plural.select(count)] ?? entry.other ?? '')
    return form.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name]
      return typeof value === 'number' ? number.format(value) : (value ?? '')
    })
  }
  return {
    language,
    direction: directionOf(language),
    say,
    /** The word for one of a closed list; one that is newer than this console is shown as it is. */
    word: (list: string, name: string): string => {
      const key = `${list}.${name}`
      return key in words ? say(key as Key) : name.replaceAll('_', ' ')
    },
    /** A sentence of the service's, by its family and code; none where this console does not know it. */
    told: (list: string, code: string | null | undefined, values: Values = {}): string | undefined => {
      const key = `${list}.${code}`
      return code != null && key in words ? say(key as Key, values) : undefined
    },
    /** The names of a closed list, in the order of its words. */
    list: (list: string): string[] => {
      const names = Object.keys(words).filter(key => key.startsWith(`${list}.`))
      return names.map(key => key.slice(list.length + 1))
    },
    number: (value: number) => number.format(value),
    share: (value: number) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value),
    money: (amount: string, currency: string) =>
      new Intl.NumberFormat(language, { style: 'currency', currency }).format(Number(amount)),
    /** What a message cost: as many decimals as it takes, because a message costs less than a cent. */
    price: ({ micros, currency }: { micros: number; currency: string }) =>
      new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 6 }).format(
        micros / 1_000_000,
      ),
    moment: (instant: string | number, timeZone: string) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
        new Date(instant),
      ),
    day: (instant: string | number, timeZone: string) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone }).format(new Date(instant)),
  }
}

type Choice = { speech: Speech; choose: (language: Language) => void }
const Chosen = createContext<Choice | null>(null)

export function Speaking(props: {
  language: Language
  words: Words
  choose: (language: Language) => void
  children: ReactNode
}) {
  const { language, words, choose } = props
  const value = useMemo(() => {
    const spoken = speech(language, words)
    speakIn(fault => spoken.told('fault', fault.code, fault.values) ?? fault.message)
    return { speech: spoken, choose }
  }, [language, words, choose])
  return <Chosen value={value}>{props.children}</Chosen>
}

function useChoice(): Choice {
  const choice = useContext(Chosen)
  if (!choice) throw new Error('nothing is said outside of <Speaking>')
  return choice
}

export const useSpeech = (): Speech => useChoice().speech
export const useLanguageChoice = (): Choice['choose'] => useChoice().choose
