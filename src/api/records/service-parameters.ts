import { quoted } from '../problem.ts'
import { readIpv4, readIpv6 } from './addresses.ts'
import type { ServiceParameter } from './record-data.ts'
import { RecordError } from './record-error.ts'

type Reader = (value: string) => ServiceParameter

const listOf = (key: string, value: string): string[] => {
  const items = value.split(',')
  if (items.every((item) => item !== '')) return items
  throw new RecordError(`${key} needs one value, or several with commas between them`)
}

const plainItems =
  (key: 'mandatory' | 'alpn', pattern: RegExp): Reader =>
  (value) => {
    const values = listOf(key, value)
    const bad = values.find((item) => !pattern.test(item))
    if (bad !== undefined) throw new RecordError(`${quoted(bad)} can't stand in ${key}`)
    return { key, values }
  }

const readPort: Reader = (value) => {
  if (/^[1-9][0-9]{0,4}$/.test(value) && Number(value) <= 65_535) return { key: 'port', port: Number(value) }
  throw new RecordError(`${quoted(value)} must be a port from 1 to 65535`)
}

const readEch: Reader = (value) => {
  if (/^([A-Za-z0-9+/]{4})+$|^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/.test(value)) {
    return { key: 'ech', config: value }
  }
  throw new RecordError(`${quoted(value)} must be ech, in base64`)
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['mandatory', plainItems('mandatory', /^(alpn|no-default-alpn|port|ipv4hint|ipv6hint|ech)$/)],
  ['alpn', plainItems('alpn', /^[A-Za-z0-9./_-]{1,255}$/)],
  [
    'no-default-alpn',
    (value) => {
      if (value === '') return { key: 'no-default-alpn' }
      throw new RecordError('no-default-alpn stands alone, without a value')
    },
  ],
  ['port', readPort],
  ['ipv4hint', (value) => ({ key: 'ipv4hint', values: listOf('ipv4hint', value).map(readIpv4) })],
  ['ech', readEch],
  ['ipv6hint', (value) => ({ key: 'ipv6hint', values: listOf('ipv6hint', value).map(readIpv6) })],
])

const readParameter = (word: string): ServiceParameter => {
  const [key = '', ...value] = word.split('=')
  const reader = READERS.get(key)
  if (reader === undefined) throw new RecordError(`${quoted(key)} must be one of ${[...READERS.keys()].join(', ')}`)
  return reader(value.join('='))
}

/** The parameters of a service, in the order of their numbers: RFC 9460, section 7. @throws RecordError */
export const readServiceParameters = (words: readonly string[]): ServiceParameter[] => {
  const parameters = words.map(readParameter)
  const keys = parameters.map(({ key }) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) throw new RecordError(`has ${twice} twice`)
  const names = new Set<string>(keys)
  for (const parameter of parameters) {
    const lacking = parameter.key === 'mandatory' ? parameter.values.find((key) => !names.has(key)) : undefined
    if (lacking !== undefined) throw new RecordError(`calls ${lacking} mandatory, and lacks it`)
  }
  if (names.has('no-default-alpn') && !names.has('alpn')) throw new RecordError('has no-default-alpn without alpn')
  const order = [...READERS.keys()]
  return parameters.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
}
