import { describe, expect, it } from 'vitest'
import { account, service, settings } from '../../test/fakes/accounts.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import { allKinds } from './all-kinds.ts'
import { nginxInForce } from './nginx-in-force.ts'

describe.each(['nginx', 'openresty'])('a reload of %s', (name) => {
  const resolved = account('alice', { web: service(name, '1') })
  const { containers, files } = render(resolved, allocationOf(settings, 0), settings, allKinds)

  it('is done when the former workers take no request any more', () => {
    const { reload } = containers.find((container) => container.name === name) ?? expect.unreachable(name)
    expect(reload).toMatchObject({ check: ['sh', '/etc/palisade/in-force.sh', expect.stringMatching(/^\/\.palisade/)] })
    expect(files).toContainEqual(expect.objectContaining({ content: nginxInForce }))
  })
})
