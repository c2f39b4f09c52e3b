/**
 * Where the server of a container listens, for a script of bash: `find_server loopback|network [port]` sets `host` and
 * `port`. A configuration file, initdb or ALTER SYSTEM may have chosen another port than the command says, so the sockets
 * that are there decide, which have it in their names. Where they do not, the port that was asked for counts, else PGPORT
 * as for the server.
 *
 * On loopback the official image lets in without a password; a server that does not listen there is reached where its
 * container is. What the service sets for its own clients (PGHOSTADDR, PGSERVICE, PGSSLMODE, …) is not for ours.
 */
export declare const FIND_SERVER =
  '\n  find_server() {\n    local line found=\n    port="${2:-${PGPORT:-5432}}"\n    while read -r line; do\n      [[ $line == */.s.PGSQL.+([0-9]) ]] || continue\n      line="${line##*.}"\n      if [[ $line == "$port" ]]; then found="$line"; break; fi\n      # Of several that were not asked for, none is meant.\n      if [[ -z $found ]]; then found="$line"; elif [[ $found != "$line" ]]; then found=several; fi\n    done </proc/net/unix\n    if [[ -n $found && $found != several ]]; then port="$found"; fi\n    host=127.0.0.1\n    if [[ $1 == network ]] || listens_elsewhere; then host="$HOSTNAME"; fi\n  }\n  # On no address that has loopback, by https://docs.kernel.org/networking/proc_net_tcp.html\n  listens_elsewhere() {\n    local address state hex elsewhere=1\n    printf -v hex %04X "$port"\n    while read -r _ address _ state _; do\n      [[ $state == 0A && $address == *":$hex" ]] || continue\n      case $address in 00000000:* | 0100007F:* | 7F000001:*) return 1 ;; *) elsewhere=0 ;; esac\n    done </proc/net/tcp\n    return "$elsewhere"\n  }\n  for name in "${!PG@}"; do\n    case $name in PGDATA | PGPORT | PGOPTIONS | PGTZ | PGPASSWORD | PGAPPNAME) ;; *) unset "$name" ;; esac\n  done\n';
