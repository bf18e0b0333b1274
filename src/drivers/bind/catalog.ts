import type { HostSettings } from '../../plan/settings.ts'
import { writeName } from '../../plan/zones/master-file.ts'
import type { RunProgram } from '../host/program.ts'
import { bindLayout } from './bind-layout.ts'
import { CATALOG, memberName } from './catalog-names.ts'
import { addressWord, portWord } from './config-words.ts'
import { ownAddress } from './questions.ts'

/** Seconds; secondaries are told of each change, and ask only if they missed that. */
const SOA_TIMERS = '3600 600 2147483646 0'

const memberLine = (zone: string): string => `${writeName(memberName(zone))} 0 IN PTR ${writeName(zone)}`

/** The catalog as it begins: RFC 9432 section 4.2. From then on it changes by updates. */
export const catalogFile = (zones: readonly string[], serial: number): string =>
  [
    `${writeName(CATALOG)} 0 IN SOA invalid. invalid. ${serial} ${SOA_TIMERS}`,
    `${writeName(CATALOG)} 0 IN NS invalid.`,
    `version.${writeName(CATALOG)} 0 IN TXT "2"`,
    ...zones.map(memberLine),
    '',
  ].join('\n')

/** The catalog by nsupdate(1): one zone at a time, whatever stands in it. */
export const bindCatalog = (settings: HostSettings, runProgram: RunProgram) => {
  const { controlKey } = bindLayout(settings)
  const { address, port } = ownAddress(settings.dns)

  const update = async (change: string): Promise<void> => {
    if (settings.dns.secondaries.length === 0) return
    const lines = [
      `server ${addressWord(address)} ${portWord(port)}`,
      `zone ${writeName(CATALOG)}`,
      `update ${change}`,
      'send',
      '',
    ]
    await runProgram('nsupdate', ['-k', controlKey], { input: lines.join('\n') })
  }

  return {
    /** Idempotent, as is {@link remove}; without secondaries neither does anything. */
    add: (zone: string): Promise<void> => update(`add ${memberLine(zone)}`),
    remove: (zone: string): Promise<void> => update(`delete ${writeName(memberName(zone))} PTR`),
  }
}

export type BindCatalog = ReturnType<typeof bindCatalog>
