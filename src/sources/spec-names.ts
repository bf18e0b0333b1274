/**
 * Names that stand for nothing: hidden files and directories (`.git`), and what editors leave while they save: `x~` and
 * `#x#` (Emacs), `.#x`, `.x.swp` and `4913` (Vim).
 */
export const isIgnoredName = (name: string): boolean => /^\.|~$|^#.*#$|\.sw[a-p]$|^4913$|\.tmp$/.test(name)

/** Files that hold specs. */
export const isSpecName = (name: string): boolean => !isIgnoredName(name) && /\.ya?ml$/.test(name)
