import { describe, expect, it } from 'vitest'
import { FORMS } from '../../api/forms.ts'
import { referenceIn } from './registry-reference.ts'

const digest = `@sha256:${'0123456789abcdef'.repeat(4)}`

describe('referenceIn', () => {
  it.each([
    ['', 'docker.io/library/php:8.5-fpm', 'docker.io/library/php:8.5-fpm'],
    ['', 'ghcr.io/a/b/c:1', 'ghcr.io/a/b/c:1'],
    ['', 'docker.io/nginx', 'docker.io/library/nginx'],
    ['', 'library/nginx:1', 'docker.io/library/nginx:1'],
    ['', 'localhost/nginx:1', 'localhost/nginx:1'],
    ['', `docker.io/library/php:8.5-fpm${digest}`, `docker.io/library/php${digest}`],
    ['127.0.0.1:5000', 'docker.io/library/nginx:1.27', '127.0.0.1:5000/library/nginx:1.27'],
    ['127.0.0.1:5000', `registry.example:444/team/app:1${digest}`, `127.0.0.1:5000/team/app${digest}`],
    ['mirror.example/hub', 'docker.io/library/nginx:1.27', 'mirror.example/hub/library/nginx:1.27'],
    ['mirror.example/hub', 'docker.io/nginx', 'mirror.example/hub/library/nginx'],
    ['mirror.example', 'bitnami/nginx:1', 'mirror.example/bitnami/nginx:1'],
  ])('in "%s", %s is %s', (replacement, reference, asked) => {
    expect(referenceIn(replacement, reference)).toBe(asked)
  })

  it.each([
    '',
    '-docker.io/library/nginx',
    '--help',
    'docker.io/-o/nginx',
    'docker.io/library/nginx:-1',
    'docker.io/library/nginx 1',
    'docker.io/library/nginx:1\n',
    'docker.io/library/nginx:1\0',
    'docker.io/library/nginx:1;reboot',
    'docker.io/library/$(reboot):1',
    'docker.io/../../etc/passwd',
    'docker.io//nginx',
    'docker.io/library/nginx/',
    'user:secret@docker.io/library/nginx',
    'https://docker.io/library/nginx',
    'docker-archive:/etc/shadow',
    'docker.io/library/nginx@sha256:abc',
    'docker.io/library/nginx@md5:0123456789abcdef0123456789abcdef',
    `docker.io/library/nginx${digest}${digest}`,
    'docker.io/Library/nginx',
  ])('knows that %j is no reference, and no Catalog takes it', (reference) => {
    expect(referenceIn('mirror.example', reference)).toBeUndefined()
    expect(FORMS.get('image-reference')?.(reference, reference)).toBeDefined()
  })
})
