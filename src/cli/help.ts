/** The end of the main help: the first five minutes, and the exit codes. */
export const epilogue = `The first five minutes:
  npm run up                       install, build, start, and apply examples/quickstart
  palisade get                     which tenants there are, and whether they are ready
  palisade describe hello          everything about one of them
  cd /etc/palisade/specs           edit quickstart/account.yaml there: the daemon notices
  palisade validate                would it be taken? With file, line and column
  palisade plan hello              what the daemon would do, and why
  palisade wait hello              until it is done
  palisade events hello --follow   what was done, and what was repaired

Exit codes:
  0  done, or yes               3  there is no such account
  1  failed, or no              4  the daemon is not running
  2  wrong usage                5  an audit has findings
                              124  timed out while waiting`
