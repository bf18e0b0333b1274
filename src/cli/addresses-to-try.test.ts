import { expect, it } from 'vitest'
import { addressesToTry } from './addresses-to-try.ts'

const ports = { httpPort: 80, httpsPort: 443 }

it('names each site and tool once; HTTPS where the certificate does not wait for DNS', () => {
  const accounts = [
    { name: 'alice', hosts: ['alice.localhost', 'blog.alice.localhost'] },
    { name: 'bob', hosts: ['bob.example'] },
  ]
  expect(addressesToTry(accounts, ports)).toBe(`
Try:
  curl http://alice.localhost/
  curl --insecure https://alice.localhost/
  curl http://blog.alice.localhost/
  curl --resolve bob.example:80:127.0.0.1 http://bob.example/
  docker --context alice ps
  palisade describe alice
HTTPS answers at names outside of .localhost once their DNS points here.
`)
})

it('names unusual ports', () => {
  const accounts = [{ name: 'bob', hosts: ['bob.example', 'bob.localhost'] }]
  const text = addressesToTry(accounts, { httpPort: 8080, httpsPort: 8443 })
  expect(text).toContain('curl --resolve bob.example:8080:127.0.0.1 http://bob.example:8080/\n')
  expect(text).toContain('curl --insecure https://bob.localhost:8443/\n')
})

it('ends the list before it fills the screen', () => {
  const hosts = Array.from({ length: 30 }, (_, index) => `site${index}.localhost`)
  const text = addressesToTry([{ name: 'alice', hosts }], ports)
  expect(text).toContain('  and 10 more: palisade describe ACCOUNT\n')
  expect(text).not.toContain('site20.localhost')
})
