/**
 * Shares interpreters among pools: started for requests, ended when they are idle, never more at once than memory allows.
 */

/**
 * @typedef {object} Demand
 * @property {string} key interpreters of one key may stand for each other
 * @property {number} maxChildren of this key at once
 * @property {number} maxRequests of one interpreter; 0 for no limit
 * @property {number} idleTimeoutMs
 * @property {import('./worker.js').WorkerSettings} settings of the interpreter
 */

/**
 * @template W
 * @typedef {object} WorkerFactory
 * @property {(demand: Demand, onExit: () => void) => W} start
 * @property {(worker: W) => void} stop
 * @property {(worker: W) => boolean} isWorn whether it is to be replaced
 */

/**
 * @template W
 * @typedef {{ readonly key: string, readonly worker: W, uses: number, isBusy: boolean, timer: NodeJS.Timeout | undefined }} Slot
 */

/**
 * @template W
 * @typedef {{ readonly demand: Demand, readonly grant: (slot: Slot<W>) => void }} Waiting
 */

/** @template W */
export class Workers {
  #factory
  #limit
  /** @type {Set<Slot<W>>} */
  #slots = new Set()
  /** @type {Waiting<W>[]} */
  #queue = []

  /**
   * @param {WorkerFactory<W>} factory
   * @param {number} limit of interpreters in all
   */
  constructor(factory, limit) {
    this.#factory = factory
    this.#limit = limit
  }

  /**
   * Lends an interpreter for the time of `use`, first come first served within a key.
   * @template T
   * @param {Demand} demand
   * @param {(worker: W) => Promise<T>} use
   * @returns {Promise<T>}
   */
  async lend(demand, use) {
    /** @type {Slot<W>} */
    const slot = await new Promise((grant) => {
      this.#queue.push({ demand, grant })
      this.#dispatch()
    })
    try {
      return await use(slot.worker)
    } finally {
      this.#takeBack(slot, demand)
    }
  }

  /**
   * Ends idle interpreters of all keys but these; those at work end when they have been idle, like any other.
   * @param {ReadonlySet<string>} keys
   */
  retain(keys) {
    for (const slot of this.#slots) {
      if (!slot.isBusy && !keys.has(slot.key)) this.#end(slot)
    }
  }

  #dispatch() {
    this.#queue = this.#queue.filter(({ demand, grant }) => {
      const slot = this.#idle(demand.key) ?? this.#start(demand)
      if (slot === undefined) return true
      clearTimeout(slot.timer)
      slot.isBusy = true
      slot.uses += 1
      grant(slot)
      return false
    })
  }

  /** @param {string} key */
  #idle(key) {
    return [...this.#slots].find((slot) => slot.key === key && !slot.isBusy)
  }

  /** @param {Demand} demand */
  #start(demand) {
    if ([...this.#slots].filter((slot) => slot.key === demand.key).length >= demand.maxChildren) return undefined
    if (this.#slots.size >= this.#limit) {
      const spare = [...this.#slots].find((slot) => !slot.isBusy)
      if (spare === undefined) return undefined
      this.#end(spare)
    }
    const worker = this.#factory.start(demand, () => {
      this.#slots.delete(slot)
      clearTimeout(slot.timer)
      this.#dispatch()
    })
    /** @type {Slot<W>} */
    const slot = { key: demand.key, worker, uses: 0, isBusy: false, timer: undefined }
    this.#slots.add(slot)
    return slot
  }

  /** @param {Slot<W>} slot @param {Demand} demand */
  #takeBack(slot, { maxRequests, idleTimeoutMs }) {
    slot.isBusy = false
    const isWorn = (maxRequests > 0 && slot.uses >= maxRequests) || this.#factory.isWorn(slot.worker)
    if (this.#slots.has(slot) && isWorn) this.#end(slot)
    if (this.#slots.has(slot)) slot.timer = setTimeout(() => this.#end(slot), idleTimeoutMs).unref()
    this.#dispatch()
  }

  /** @param {Slot<W>} slot */
  #end(slot) {
    clearTimeout(slot.timer)
    this.#slots.delete(slot)
    this.#factory.stop(slot.worker)
  }
}
