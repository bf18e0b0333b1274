/** What visitors see where no tenant answers. */
export interface Page {
  readonly html: string
  /** For programs that ask for JSON: RFC 9457. */
  readonly problem: string
}

const render = (title: string, heading: string, text: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2733; --soft: #5b6b7c; --paper: #f5f7f4; --wood: #8a5a33 }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8edf1; --soft: #9fb0bf; --paper: #12181f; --wood: #c58f5e } }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
    font: 1.0625rem/1.6 system-ui, sans-serif }
  main { max-width: 30rem; padding: 2rem; text-align: center }
  svg { width: 6rem; fill: var(--wood) }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0 .5rem }
  p { margin: 0; color: var(--soft) }
</style>
</head>
<body>
<main>
<svg viewBox="0 0 96 64" aria-hidden="true"><path d="M4 64V16l8-12 8 12v48zM24 64V16l8-12 8 12v48zM56 64V16l8-12 8 12v48zM76
 64V16l8-12 8 12v48zM0 24h96v6H0zM0 46h96v6H0zM42 64V16l6-9 6 9v48z"/></svg>
<h1>${heading}</h1>
<p>${text}</p>
</main>
</body>
</html>
`

const page = (title: string, heading: string, text: string): Page => ({
  html: render(title, heading, text),
  problem: JSON.stringify({ title: heading, detail: text }),
})

/** Says nothing of what is hosted here, or how. */
export const unknownHostPage = page(
  'Not found',
  'There is no site here',
  'Please check the address for a typing error.',
)

export const suspendedPage = page(
  'Suspended',
  'This site is suspended',
  'If it is yours, please ask your hosting provider.',
)

/** Shown while a tenant can't answer. Looks again by itself every five seconds through `Retry-After` aware clients. */
export const errorPage = page(
  'Starting up',
  'This site is starting up',
  'It does not answer just now. Please try again in a few seconds.',
)

export const tooLargePage = page('Too large', 'This is too large', 'The site does not take uploads of this size.')
