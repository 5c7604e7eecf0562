/** Only addresses of the console are gone to: another site could have written the one in a link. */
export function inside(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : '/'
}
