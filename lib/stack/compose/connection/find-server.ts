/**
 * A bash function that finds where a container's server listens: `find_server loopback|network [port]` sets `host` and
 * `port`.
 *
 * The port: a configuration file, initdb or ALTER SYSTEM may have set another one than the command line. So the names
 * of the existing Unix sockets decide, which contain it. If there are none, or several others than the given port, the
 * given port counts, else PGPORT, as for the server.
 *
 * The host: the official image asks for no password on loopback. If the server does not listen on loopback, it is the
 * container's own address. Also unsets the PG* variables that the service sets for its own clients (PGHOSTADDR,
 * PGSERVICE, PGSSLMODE, …).
 */
export const FIND_SERVER = `
  find_server() {
    local line found=
    port="\${2:-\${PGPORT:-5432}}"
    while read -r line; do
      [[ $line == */.s.PGSQL.+([0-9]) ]] || continue
      line="\${line##*.}"
      if [[ $line == "$port" ]]; then found="$line"; break; fi
      # Of several that were not asked for, none is meant.
      if [[ -z $found ]]; then found="$line"; elif [[ $found != "$line" ]]; then found=several; fi
    done </proc/net/unix
    if [[ -n $found && $found != several ]]; then port="$found"; fi
    host=127.0.0.1
    if [[ $1 == network ]] || listens_elsewhere; then host="$HOSTNAME"; fi
  }
  # On no address that has loopback, by https://docs.kernel.org/networking/proc_net_tcp.html
  listens_elsewhere() {
    local address state hex elsewhere=1
    printf -v hex %04X "$port"
    while read -r _ address _ state _; do
      [[ $state == 0A && $address == *":$hex" ]] || continue
      case $address in 00000000:* | 0100007F:* | 7F000001:*) return 1 ;; *) elsewhere=0 ;; esac
    done </proc/net/tcp
    return "$elsewhere"
  }
  for name in "\${!PG@}"; do
    case $name in PGDATA | PGPORT | PGOPTIONS | PGTZ | PGPASSWORD | PGAPPNAME) ;; *) unset "$name" ;; esac
  done
`;
