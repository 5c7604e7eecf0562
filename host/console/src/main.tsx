/** Where the console begins: the words of the language first, then everything else. */
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '@mantine/core/styles.css'
import './look.css'
import { App } from './App'
import { router } from './routes'
import { chosenLanguage, loadWords } from './words'

const root = document.getElementById('root')
const language = chosenLanguage()
const words = await loadWords(language)
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App language={language} words={words}>
        <RouterProvider router={router} />
      </App>
    </StrictMode>,
  )
}
