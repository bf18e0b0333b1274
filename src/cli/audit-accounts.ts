import { getuid } from 'node:process'
import { type Judgement, judge } from '../audit/judge.ts'
import { observeAuditedHost, observeAuditedTenant } from '../drivers/audit/audited-tenant.ts'
import { detectCgroups } from '../drivers/host/cgroups.ts'
import { readLiving } from '../drivers/host/process-identity.ts'
import type { AuditOptions } from './audit.ts'
import { formatAudit } from './audit-tables.ts'
import { CGROUP_ROOT } from './cgroup-root.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import type { Io } from './io.ts'
import { paintFor } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { listStatusFiles } from './status-files.ts'
import { withTenant } from './tenant-services.ts'

const auditAccount = (options: AuditOptions, account: string, io: Io): Promise<readonly Judgement[]> =>
  withTenant(options, account, async ({ docker, holderFile }) => {
    const holder = readLiving(holderFile)
    if (holder === undefined)
      throw new CliError(
        EXIT.failed,
        `the sandbox of ${account} does not stand: palisade describe ${account} tells why`,
      )
    const sources = { hierarchy: detectCgroups(CGROUP_ROOT), holder: holder.pid, clock: io.clock, signal: io.signal }
    return judge(await observeAuditedTenant(docker, account, sources), observeAuditedHost())
  })

/** Prints what every rule says of every container of the accounts; answers {@link EXIT.findings} when one is broken. */
export const auditAccounts = async (options: AuditOptions, io: Io): Promise<number> => {
  if (getuid?.() !== 0)
    throw new CliError(EXIT.failed, 'the kernel tells of processes of others to root alone: run this as root')
  const accounts =
    options.accounts.length > 0 ? options.accounts : await listStatusFiles(statePaths(options.state).accounts)
  const judgements: Judgement[] = []
  for (const account of new Set(accounts)) judgements.push(...(await auditAccount(options, account, io)))
  const text = isData(options.output)
    ? formatData(options.output, listOf(judgements))
    : formatAudit(judgements, options.output, paintFor(options, io))
  io.stdout.write(text)
  return judgements.some(({ result }) => result === 'fail') ? EXIT.findings : EXIT.ok
}
