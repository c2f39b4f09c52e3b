/**
 * Where the server of a container listens, for a script of bash: `find_server loopback|network [port]` sets `host` and
 * `port`. A configuration file, initdb or ALTER SYSTEM may have chosen another port than the command says, so the sockets
 * that are there decide, which have it in their names. Where they do not, the port that was asked for counts, else PGPORT
 * as for the server.
 *
 * On loopback the official image lets in without a password; a server that does not listen there is reached where its
 * container is. What the service sets for its own clients (PGHOSTADDR, PGSERVICE, PGSSLMODE, …) is not for ours.
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
