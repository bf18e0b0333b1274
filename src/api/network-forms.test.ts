import { expect, it } from 'vitest'
import { domain, listenAddress } from './network-forms.ts'

it.each([
  'example.com',
  'a.b.c.example.com',
  'xn--bcher-kva.example',
  'hello.localhost',
  'shop.example.co.uk',
  'alice.github.io',
  '1.example.com',
])('%s is a host name that an account may ask for', (name) => {
  expect(domain(name, name)).toBeUndefined()
})

it.each<[name: string, complaint: string]>([
  ['Example.com', 'write "example.com"'],
  ['example.com.', 'write "example.com"'],
  ['bücher.example', 'write "xn--bcher-kva.example"'],
  ['xn--a.example', 'no international name is written as'],
  ['xn--bcher-.example', 'is no host name'],
  ['*.example.com', 'stands for many names'],
  ['localhost', "is nobody's own"],
  ['com', "is nobody's own"],
  ['co.uk', "is nobody's own"],
  ['github.io', "is nobody's own"],
  ['intranet', "is nobody's own"],
  ['192.0.2.1', 'is an address'],
  ['[2001:db8::1]', 'is no host name'],
  ['2001:db8::1', 'is no host name'],
  ['0x7f.1', 'is an address'],
  ['2.0.192.in-addr.arpa', 'is for the names of addresses'],
  ['8.b.d.0.1.0.0.2.ip6.arpa', 'is for the names of addresses'],
  ['example..com', 'is no host name'],
  ['.example.com', 'is no host name'],
  ['-a.example.com', 'is no host name'],
  ['a_b.example.com', 'is no host name'],
  ['example.com:80', 'is no host name'],
  ['user@example.com', 'is no host name'],
  [`${'a'.repeat(64)}.example.com`, 'is no host name'],
  [`${'a.'.repeat(126)}com`, 'is too long'],
])('%s is none', (name, complaint) => {
  expect(domain(name, name)).toContain(complaint)
})

it.each(['127.0.0.1:9469', '0.0.0.0:1', '[::1]:9469', '[fd00:1::2]:65535'])('%s can be listened at', (value) => {
  expect(listenAddress(value, value)).toBeUndefined()
})

it.each([
  '9469',
  ':9469',
  'localhost:9469',
  '127.0.0.1',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  '256.0.0.1:80',
  '::1:80',
  '[::g]:80',
  '127.0.0.1:80\n',
])('%j can not', (value) => {
  expect(listenAddress(value, value)).toContain('must be an address and a port')
})
