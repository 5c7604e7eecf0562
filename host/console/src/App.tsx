/** What stands around every page: theme, direction, language, and what was asked of the service. */
import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { type ReactNode, useState } from 'react'
import { queries } from './session'
import { theme, variables } from './theme'
import { directionOf, keepLanguage, type Language, loadWords, Speaking, type Words } from './words'

const nonce = document.querySelector<HTMLMetaElement>('meta[name=nonce]')?.content ?? ''
// What locks the page behind a dialog puts a style into it, too.
setNonce(nonce)
const schemes = localStorageColorSchemeManager({ key: 'cartwright-theme' })

export function App(props: { language: Language; words: Words; children: ReactNode }) {
  const [spoken, speak] = useState({ language: props.language, words: props.words })
  const choose = async (language: Language) => {
    keepLanguage(language)
    speak({ language, words: await loadWords(language) })
  }
  const direction = directionOf(spoken.language)
  return (
    <Speaking language={spoken.language} words={spoken.words} choose={choose}>
      <DirectionProvider key={direction} initialDirection={direction} detectDirection={false}>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={variables}
          colorSchemeManager={schemes}
          defaultColorScheme="auto"
          getStyleNonce={() => nonce}
        >
          <QueryClientProvider client={queries}>{props.children}</QueryClientProvider>
        </MantineProvider>
      </DirectionProvider>
    </Speaking>
  )
}
