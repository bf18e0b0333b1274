const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** The page that a new site shows until its owner puts one there. */
export const placeholderPage = (domain: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(domain)}</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6a7c; --ground: #f6f7f9; --line: #d9dee6; --mark: #2f7d5b }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eef1f5; --soft: #9aa7b8; --ground: #12161c; --line: #2a323d; --mark: #63c396 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif }
main { max-width: 34rem; padding: 2rem; text-align: center; overflow-wrap: anywhere }
svg { width: 5rem; color: var(--mark) }
h1 { margin: 1rem 0 0; font-size: clamp(1.6rem, 6vw, 2.6rem); line-height: 1.2 }
p { color: var(--soft) }
hr { width: 4rem; border: 0; border-top: 1px solid var(--line) }
</style>
</head>
<body>
<main>
<svg viewBox="0 0 80 48" fill="none" stroke="currentColor" stroke-width="3" stroke-linejoin="round" aria-hidden="true">
<path d="M8 46V14l6-10 6 10v32zM34 46V14l6-10 6 10v32zM60 46V14l6-10 6 10v32zM2 22h6m12 0h14m12 0h14m12 0h6"/>
<path d="M2 36h6m12 0h14m12 0h14m12 0h6"/>
</svg>
<h1>${escapeHtml(domain)}</h1>
<p>This site is ready and waiting for its first page.</p>
<hr>
<p>Put your files into its directory to replace this one.</p>
</main>
</body>
</html>
`
