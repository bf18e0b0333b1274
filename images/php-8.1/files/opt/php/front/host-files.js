import { readdirSync, readlinkSync } from 'node:fs'

/** The interpreter has its own of these. PHP sees the rest of the container at the same paths. */
const OWN = new Set(['dev', 'proc', 'sys'])
const DEVICE_MAJOR = 64
const CHARACTER_DEVICE = 0o020666
const IS_CHARACTER_DEVICE = 0o020000
const TYPE_MASK = 0o170000

/**
 * @param {string} path absolute
 * @returns {boolean} whether PHP sees there what the container has
 */
export const isVisible = (path) => path.indexOf('/', 1) !== -1 && !OWN.has(path.split('/', 2)[1] ?? '')

/** @param {import('./php-module.js').FileSystem} FS */
export const mountHostFiles = (FS) => {
  const { NODEFS } = FS.filesystems
  // The original makes targets relative to the mount, which leads astray from any directory below.
  NODEFS.node_ops.readlink = (node) => readlinkSync(NODEFS.realPath(node))
  for (const entry of readdirSync('/', { withFileTypes: true })) {
    if (!entry.isDirectory() || OWN.has(entry.name)) continue
    FS.mkdirTree(`/${entry.name}`)
    FS.mount(NODEFS, { root: `/${entry.name}` }, `/${entry.name}`)
  }
}

/**
 * Forgets what names stood for: between requests anything may have been replaced by something of another type.
 * @param {import('./php-module.js').FileSystem} FS
 */
export const forgetHostFiles = (FS) => {
  for (const head of FS.nameTable) {
    for (let node = head; node !== undefined; node = node.name_next) {
      const isOurs = node.mount.type === FS.filesystems.NODEFS && (node.mode & TYPE_MASK) !== IS_CHARACTER_DEVICE
      if (isOurs && node.parent !== node && !node.mounted) FS.hashRemoveNode(node)
    }
  }
}

/**
 * Takes what PHP writes to a path; nothing is stored.
 * @param {import('./php-module.js').FileSystem} FS
 * @param {string} directory
 * @param {string} name
 * @param {number} minor a number of its own
 * @param {(chunk: Buffer, position: number) => void} write
 */
export const captureFile = (FS, directory, name, minor, write) => {
  const device = FS.makedev(DEVICE_MAJOR, minor)
  FS.registerDevice(device, {
    /** @param {{ seekable: boolean }} stream */
    open: (stream) => {
      stream.seekable = true
    },
    close: () => undefined,
    /** @param {unknown} _stream @param {Uint8Array} heap @param {number} offset @param {number} length @param {number} position */
    write: (_stream, heap, offset, length, position) => {
      write(Buffer.from(heap.subarray(offset, offset + length)), position)
      return length
    },
    /** @param {{ position: number }} stream @param {number} offset @param {number} whence */
    llseek: (stream, offset, whence) => (whence === 1 ? stream.position + offset : offset),
  })
  const node = FS.createNode(FS.lookupPath(directory).node, name, CHARACTER_DEVICE, device)
  const time = new Date(0)
  const times = { atime: time, mtime: time, ctime: time }
  const attributes = { dev: 1, nlink: 1, uid: 0, gid: 0, rdev: device, size: 0, blksize: 4096, blocks: 0, ...times }
  node.stream_ops = FS.chrdev_stream_ops
  node.node_ops = { getattr: () => ({ ...attributes, ino: node.id, mode: node.mode }), setattr: () => undefined }
}
