import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { patchNetworking, socketOptions } from './networking.js'
import { replaceImport } from './replace-import.js'
import { limitInitialMemory } from './wasm-memory.js'
import { repairUploads } from './wasm-repair.js'

/**
 * What `@php-wasm/node` makes of an interpreter: a module of Emscripten with PHP's exported functions. Only what is used here.
 * @typedef {object} PhpModule
 * @property {FileSystem} FS
 * @property {Int16Array} HEAP16
 * @property {Uint8Array} HEAPU8
 * @property {(name: string, result: string | null, types: readonly string[], values: readonly unknown[]) => number} ccall
 * @property {(size: number) => number} _malloc
 * @property {(pointer: number) => void} _free
 */

/**
 * @typedef {object} FileSystem
 * @property {(FsNode | undefined)[]} nameTable
 * @property {{ NODEFS: NodeFs }} filesystems
 * @property {(path: string) => void} mkdirTree
 * @property {(path: string) => void} chdir
 * @property {(type: NodeFs, options: { root: string }, path: string) => void} mount
 * @property {(path: string) => { node: FsNode }} lookupPath
 * @property {(parent: FsNode, name: string, mode: number, device: number) => FsNode} createNode
 * @property {(node: FsNode) => void} hashRemoveNode
 * @property {(major: number, minor: number) => number} makedev
 * @property {(device: number, operations: object) => void} registerDevice
 * @property {object} chrdev_stream_ops
 * @property {(descriptor: number) => { node: FsNode } | null} getStream
 */

/**
 * @typedef {object} FsNode
 * @property {number} id
 * @property {number} mode
 * @property {FsNode} parent
 * @property {FsNode | undefined} name_next
 * @property {unknown} mounted
 * @property {{ type: unknown }} mount
 * @property {object} node_ops
 * @property {object} stream_ops
 * @property {FsSocket} [sock]
 */

/** @typedef {{ realPath: (node: FsNode) => string, node_ops: { readlink: (node: FsNode) => string } }} NodeFs */

/**
 * @typedef {object} FsSocket
 * @property {readonly unknown[]} recv_queue
 * @property {string} [daddr]
 * @property {number} [dport]
 * @property {Record<string, { socket: import('./sockets.js').InterpreterSocket }>} peers
 * @property {{ connect: (socket: FsSocket, address: string, port: number) => void }} sock_ops
 */

/** @typedef {(...values: number[]) => number} Import */
/** @typedef {Record<string, Import>} Imports */

/**
 * @typedef {object} ModuleOptions
 * @property {Readonly<Record<string, string | undefined>>} environment
 * @property {() => number} memoryLimit bytes that it may grow to, asked when it wants more
 * @property {import('./sockets.js').Sockets} sockets
 * @property {object} [streams] `stdin`, `stdout`, `stderr` and `quit` of Emscripten
 */

const PACKAGE = '@php-wasm/node'
/** The interpreters ask for a GiB at once, and then for more without a limit. */
const INITIAL_MEMORY = 64 * 1024 * 1024
const require = createRequire(import.meta.url)

/**
 * Compiles the interpreter; the result may be used by all threads, so that its code is in memory once.
 * @param {string} version such as `8.1`
 */
export const compilePhp = async (version) => {
  const directory = dirname(require.resolve(PACKAGE))
  const binary = await readFile(join(directory, `php_${version.replace('.', '_')}.wasm`))
  limitInitialMemory(binary, INITIAL_MEMORY)
  repairUploads(binary)
  return WebAssembly.compile(binary)
}

/** The names that Emscripten makes up for an environment that says nothing. */
const INVENTED = ['USER', 'LOGNAME', 'PATH', 'PWD', 'HOME', 'LANG', '_']

/**
 * PHP 7 and newer trim what they allocate at both ends, which Emscripten can't: large blocks would never be freed. So they are told
 * to leave it to the C library. With that, PHP 8.1 can still keep account for `memory_limit`, and PHP 7.0 can't.
 */
const ALLOCATOR = new Map([
  ['7.0', { USE_ZEND_ALLOC: '0' }],
  ['8.1', { USE_ZEND_ALLOC: '0', USE_TRACKED_ALLOC: '1' }],
])

/**
 * Makes an interpreter in this thread, not started yet.
 * @param {string} version such as `8.1`
 * @param {WebAssembly.Module} compiled
 * @param {ModuleOptions} options
 * @returns {Promise<PhpModule>}
 */
export const instantiatePhp = async (version, compiled, { environment, memoryLimit, sockets, streams }) => {
  const { init } = await require(PACKAGE).getPHPLoaderModule(version)
  return new Promise((resolve) => {
    /** @type {PhpModule} */
    const module = init('NODE', {
      noInitialRun: true,
      ENV: {
        ...ALLOCATOR.get(version),
        ...Object.fromEntries(INVENTED.map((name) => [name, undefined])),
        ...environment,
      },
      websocket: socketOptions(sockets),
      ...streams,
      /**
       * @param {{ a: Imports }} imports
       * @param {(instance: WebAssembly.Instance) => void} done
       */
      instantiateWasm: (imports, done) => {
        // Later, since `init` has to return the module first.
        queueMicrotask(() => {
          patchNetworking(imports.a, () => module, sockets)
          patchMemory(imports.a, memoryLimit)
          done(new WebAssembly.Instance(compiled, imports))
        })
        return {}
      },
      onRuntimeInitialized: () => queueMicrotask(() => resolve(module)),
    })
  })
}

/** @param {Imports} imports @param {() => number} limit in bytes */
const patchMemory = (imports, limit) => {
  // The step by which Emscripten lets a memory grow at most.
  replaceImport(
    imports,
    /\b100663296\b/,
    (original) =>
      (size = 0) =>
        size >>> 0 > limit() ? 0 : original(size),
  )
}
