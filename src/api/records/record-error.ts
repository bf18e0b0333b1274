/** A record that can't be taken; the message is a sentence about its value, without its name. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
}
