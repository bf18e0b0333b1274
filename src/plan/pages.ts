/** Size of a page on x86-64, and on arm64 as Debian builds it. */
const PAGE_BYTES = 4096

/** Kernels count memory in pages and round a limit down: an odd one would read back as drift for ever. */
export const wholePages = (bytes: number): number => Math.floor(bytes / PAGE_BYTES) * PAGE_BYTES
