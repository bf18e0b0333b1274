/**
 * A mistake in the interpreters: at the end of a request with an upload, `wasm_sapi_request_shutdown` frees PHP's list of uploaded
 * files, and PHP itself frees it again; what else was put there meanwhile is then destroyed. The former is taken out of the binary.
 */

/** How that function begins, and no other: three variables, then the list's address follows. */
const BEGINNING = Buffer.from([0x01, 0x03, 0x7f, 0x41])
/** Load what is at the address; if it is not zero, call a function, whose number has two bytes; end. */
const [LOAD_IF_CALL, END] = [Buffer.from([0x28, 0x02, 0x00, 0x04, 0x40, 0x10]), 0x0b]
const CALL_LENGTH = 3
const NO_OPERATION = 0x01
const LONGEST_NUMBER = 5

/**
 * @param {Buffer} binary changed in place
 * @throws {Error} when it is another build than this was made for
 */
export const repairUploads = (binary) => {
  const found = [...occurrences(binary, BEGINNING)].flatMap((start) => {
    const load = binary
      .subarray(start, start + BEGINNING.length + LONGEST_NUMBER + LOAD_IF_CALL.length)
      .indexOf(LOAD_IF_CALL)
    const call = start + load + LOAD_IF_CALL.length - 1
    return load !== -1 && binary[call + CALL_LENGTH] === END ? [call] : []
  })
  const [call] = found
  if (call === undefined || found.length > 1) {
    throw new Error(
      `this is another build of PHP than the front was made for: ${found.length} functions look like the end of a request`,
    )
  }
  binary.fill(NO_OPERATION, call, call + CALL_LENGTH)
}

/** @param {Buffer} binary @param {Buffer} part */
function* occurrences(binary, part) {
  for (let start = binary.indexOf(part); start !== -1; start = binary.indexOf(part, start + 1)) yield start
}
