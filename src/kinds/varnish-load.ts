/** Takes VCL into use under a name, unless it is, and discards all others: `load.bash NAME FILE`. */
export const VARNISH_LOAD = `loaded=$(varnishadm vcl.list) || exit 1
grep -qw -- "$1" <<<"$loaded" || varnishadm vcl.load "$1" "$2" || exit 1
varnishadm vcl.use "$1" || exit 1
varnishadm vcl.list | while read -r state _ _ _ name _; do
  if [ -n "$name" ] && [ "$state" = available ] && [ "$name" != "$1" ]; then varnishadm vcl.discard "$name"; fi
done
exit 0
`
