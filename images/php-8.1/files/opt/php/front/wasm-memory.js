/** The section of a WebAssembly binary that says how much memory it has, in pages of 64 KiB (its specification, section 5.5.8). */

const PREAMBLE_LENGTH = 8
const MEMORY_SECTION = 5
const PAGE = 64 * 1024
const CONTINUES = 0x80
const DIGIT = 0x7f

/**
 * Makes a binary start with less memory; it can still grow.
 * @param {Buffer} binary changed in place
 * @param {number} bytes a multiple of 64 KiB, and room enough for what the binary starts with
 * @throws {Error} when it has no memory of its own, or less than that
 */
export const limitInitialMemory = (binary, bytes) => {
  let position = PREAMBLE_LENGTH
  while (position < binary.length) {
    const id = binary.readUInt8(position)
    const size = readNumber(binary, position + 1)
    if (id === MEMORY_SECTION) return overwriteMinimum(binary, size.end, bytes / PAGE)
    position = size.end + size.value
  }
  throw new Error('the binary has no memory of its own')
}

/** @param {Buffer} binary @param {number} start @param {number} pages */
const overwriteMinimum = (binary, start, pages) => {
  const count = readNumber(binary, start)
  const flags = readNumber(binary, count.end)
  const minimum = readNumber(binary, flags.end)
  if (count.value !== 1 || minimum.value < pages) throw new Error('the binary has another memory than was expected')
  // The number keeps its length: it may have zeros at its end.
  for (let position = flags.end, rest = pages; position < minimum.end; position += 1, rest >>>= 7) {
    binary.writeUInt8((rest & DIGIT) | (position + 1 < minimum.end ? CONTINUES : 0), position)
  }
}

/** @param {Buffer} binary @param {number} start of a number in LEB128 */
const readNumber = (binary, start) => {
  let value = 0
  for (let end = start, shift = 0; ; shift += 7) {
    const byte = binary.readUInt8(end)
    end += 1
    value |= (byte & DIGIT) << shift
    if ((byte & CONTINUES) === 0) return { value, end }
  }
}
