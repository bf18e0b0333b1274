const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 32
/** Bytes from here on would make some characters more likely than others. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length)

/** 32 characters out of `[A-Za-z0-9]`, each equally likely: 190 bits. */
export const makePassword = (randomBytes: (count: number) => Uint8Array): string => {
  let password = ''
  while (password.length < LENGTH) {
    for (const byte of randomBytes(LENGTH - password.length)) {
      if (byte < FAIR_BYTES) password += ALPHABET[byte % ALPHABET.length]
    }
  }
  return password
}
