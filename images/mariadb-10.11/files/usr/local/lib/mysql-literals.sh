# SQL for entry points of MariaDB and MySQL.

# A string literal; sql_mode has to be without NO_BACKSLASH_ESCAPES.
literal() {
  local text=${1//\\/\\\\}
  text=${text//\'/\\\'}
  printf "'%s'" "${text//$'\n'/\\n}"
}

identifier() {
  printf '`%s`' "${1//\`/\`\`}"
}
