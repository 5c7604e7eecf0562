/** How everything looks: one green, warm greys, thin lines instead of shadows. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const pine: MantineColorsTuple = [
  '#e9f5f2',
  '#d3e8e3',
  '#a7d1c7',
  '#78b9aa',
  '#4f9f8e',
  '#338575',
  '#1d6b5f',
  '#17594f',
  '#124840',
  '#0c3630',
]

const dark: MantineColorsTuple = [
  '#c9d1cf',
  '#b0bab7',
  '#97a29f',
  '#66706d',
  '#3a4341',
  '#2b3331',
  '#1e2423',
  '#171c1b',
  '#111514',
  '#0c100f',
]

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: 6,
  colors: { pine, dark },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans SC", "Noto Sans Arabic", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: '620' },
  respectReducedMotion: true,
  // An element that takes the first focus stands among the items, where a menu may have nothing but items.
  components: { Menu: { defaultProps: { withInitialFocusPlaceholder: false } } },
})

const red = { '--mantine-color-red-filled': '#b3261e', '--mantine-color-red-filled-hover': '#8f1f18' }

/** Mantine's own greys, its red and its yellow are too pale to be read by everybody. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#59615f',
    '--mantine-color-placeholder': '#66706d',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1c2423',
    '--mantine-color-default-border': '#d5dbd9',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-red-light-color': '#b3261e',
    '--mantine-color-yellow-light-color': '#7a4100',
    ...red,
  },
  dark: {
    '--mantine-color-dimmed': '#a3aeab',
    '--mantine-color-placeholder': '#97a29f',
    '--mantine-color-body': '#171c1b',
    '--mantine-color-text': '#e4e9e7',
    '--mantine-color-default': '#1e2423',
    '--mantine-color-default-hover': '#262d2c',
    '--mantine-color-default-border': '#3a4341',
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-red-light-color': '#ff9d94',
    '--mantine-color-red-light': 'var(--bad-soft)',
    '--mantine-color-yellow-light': 'var(--warn-soft)',
    '--mantine-color-pine-light': 'var(--accent-soft)',
    ...red,
  },
})
