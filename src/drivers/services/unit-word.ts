import { TerminalError } from '../../ports/errors.ts'

/**
 * One word of a unit file, without any meaning to systemd beside itself (systemd.syntax(7), systemd.service(5)).
 * @throws TerminalError `InvalidHost` for any other.
 */
export const unitWord = (text: string): string => {
  if (/^[A-Za-z0-9/._=:@+-]+$/.test(text)) return text
  const message = `a unit file can't hold ${JSON.stringify(text)}: use a path of A-Z, a-z, 0-9 and /._-`
  throw new TerminalError('InvalidHost', message)
}
