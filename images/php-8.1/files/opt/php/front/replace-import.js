/**
 * Replaces what an interpreter takes from its surroundings. It has no names for it, so it is known by its text.
 * @param {import('./php-module.js').Imports} imports
 * @param {RegExp} pattern
 * @param {(original: import('./php-module.js').Import) => import('./php-module.js').Import} replacement
 * @throws {Error} unless exactly one matches
 */
export const replaceImport = (imports, pattern, replacement) => {
  const found = Object.entries(imports).filter(([, value]) => pattern.test(String(value)))
  const [name, original] = found[0] ?? []
  if (name === undefined || original === undefined || found.length > 1) {
    throw new Error(
      `this is another build of PHP than the front was made for: ${found.length} imports match ${pattern}`,
    )
  }
  imports[name] = replacement(original)
}
