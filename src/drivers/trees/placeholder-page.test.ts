import { expect, it } from 'vitest'
import { placeholderPage } from './placeholder-page.ts'

it('shows the domain, and nothing that a domain could smuggle in', () => {
  expect(placeholderPage('hello.localhost')).toContain('<h1>hello.localhost</h1>')
  const page = placeholderPage(`<script>alert("1")</script>&'`)
  expect(page).not.toContain('<script>')
  expect(page).toContain('<h1>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</h1>')
})
