import { type CacheKind, MEBIBYTE } from '../plan/kind.ts'
import { renderCache } from './cache-container.ts'

const NAME = 'memcached'

/** Asks for the version. In Perl, which is in Debian's base and so in this image and in the official one. */
const ASK = `use IO::Socket::UNIX; alarm 4;
my $socket = IO::Socket::UNIX->new($ARGV[0]) or die "memcached does not listen: $!\\n";
print $socket "version\\r\\n";
<$socket> =~ /^VERSION / or die "memcached gives no version\\n";`

/** Memcached: what was used least goes when its memory is full. */
export const memcached: CacheKind = {
  name: NAME,
  render: (context, cache) =>
    renderCache(context, cache, {
      name: NAME,
      owner: { uid: 995, gid: 995 },
      command: (socket, bytes) => ['memcached', '-s', socket, '-a', '0666', '-m', `${Math.floor(bytes / MEBIBYTE)}`],
      health: (socket) => ['perl', '-e', ASK, socket],
    }),
}
