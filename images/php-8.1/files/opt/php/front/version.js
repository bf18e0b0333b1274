/**
 * The version of PHP that this image is for.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} such as `8.1`
 */
export const phpVersion = (environment) => {
  const version = /^(\d+\.\d+)/.exec(environment.PHP_VERSION ?? '')?.[1]
  if (version === undefined) throw new Error('PHP_VERSION does not tell which PHP to run')
  return version
}
