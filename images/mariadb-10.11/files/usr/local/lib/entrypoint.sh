# For entry points of database servers: settings as official images have them, and a data directory that is either
# initialised in whole or initialised anew.

fail() {
  echo "docker-entrypoint.sh: $1" >&2
  exit 1
}

# Prints the value of NAME, or the content of the file that NAME_FILE names, without the newline at its end.
setting() {
  local file_name="$1_FILE"
  if [ -n "${!1:-}" ] && [ -n "${!file_name:-}" ]; then
    fail "$1 and $file_name exclude each other"
  fi
  if [ -z "${!file_name:-}" ]; then
    printf '%s' "${!1:-}"
    return
  fi
  [ -r "${!file_name}" ] || fail "$file_name: cannot read ${!file_name}"
  printf '%s' "$(<"${!file_name}")"
}

# Stands in a data directory that is being initialised: if it is there at start, what lies beside it is a torso.
MARKER=.initialising

needs_initialising() {
  [ -e "$1/$MARKER" ] || [ -z "$(find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]
}

# Leaves nothing in the data directory but the marker.
begin_initialising() {
  : >"$1/$MARKER"
  sync "$1/$MARKER" "$1"
  find "$1" -mindepth 1 -maxdepth 1 ! -name "$MARKER" ! -name lost+found -exec rm -rf -- {} +
}

# All of it is on the disk before the marker goes.
end_initialising() {
  sync -f "$1"
  rm "$1/$MARKER"
  sync "$1"
}
