import { afterEach, beforeEach, describe } from 'vitest'
import { engineCases } from './engines-as-a-whole.ts'
import { containerCases } from './engines-containers.ts'
import { jobCases } from './engines-jobs.ts'
import { networkCases } from './engines-networks.ts'
import type { EnginesUnderTest } from './engines-under-test.ts'

/** What every `Engines` keeps to, on a running engine without containers. */
export const enginesContract = (name: string, make: () => Promise<EnginesUnderTest>): void => {
  describe(`${name} keeps the contract of engines`, () => {
    let made: EnginesUnderTest

    beforeEach(async () => {
      made = await make()
    })
    afterEach(() => made.clear())

    engineCases(() => made)
    networkCases(() => made)
    containerCases(() => made)
    jobCases(() => made)
  })
}
