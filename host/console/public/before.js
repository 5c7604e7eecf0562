// Runs before anything is painted: the theme and the direction that were chosen hold from the first frame on.
;(() => {
  const kept = name => {
    try {
      return localStorage.getItem(name)
    } catch {
      return null
    }
  }
  const scheme = kept('cartwright-theme')
  const isDark =
    scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.mantineColorScheme = isDark ? 'dark' : 'light'
  const language = kept('cartwright-language') ?? navigator.language
  document.documentElement.dir = language.startsWith('ar') ? 'rtl' : 'ltr'
})()
