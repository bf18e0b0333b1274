import { expect, it } from 'vitest'
import { lastWords } from './last-words.ts'

it('keeps the last three lines, in one', () => {
  expect(lastWords('one\ntwo\r\n\n  three\nfour\n')).toBe('two | three | four')
})

it('leaves nothing that a terminal would obey', () => {
  expect(lastWords('\u001b[31mred\u001b[0m\u0007 \u202eright to left\n')).toBe('[31mred [0m right to left')
})

it('cuts long lines', () => {
  expect(lastWords('x'.repeat(300))).toBe(`${'x'.repeat(200)}…`)
})

it.each([
  [
    "Error: Cannot find module '/var/www/a/server.js'\n    at one (a.js:1:1)\n    at two (a.js:2:2) {\n  requireStack: []\n}\n\nNode.js v22.23.3\n",
    "Error: Cannot find module '/var/www/a/server.js' | } | Node.js v22.23.3",
  ],
  [
    '  File "x.py", line 1\nModuleNotFoundError: No module named \'app\'\n[INFO] Worker exiting\n[INFO] Shutting down\n[INFO] Reason: Worker failed to boot.\n',
    "ModuleNotFoundError: No module named 'app' | [INFO] Shutting down | [INFO] Reason: Worker failed to boot.",
  ],
  [
    'nginx: [emerg] unknown directive\nnginx: configuration file test failed\nbye\nbye\n',
    'nginx: [emerg] unknown directive | bye | bye',
  ],
])('keeps the line that says why, though others stand below it', (text, words) => {
  expect(lastWords(text)).toBe(words)
})
