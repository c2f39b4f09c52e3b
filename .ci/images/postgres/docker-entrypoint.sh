#!/usr/bin/env bash
# First start: initdb, a temporary server on the socket only, the database, the scripts of /docker-entrypoint-initdb.d.
# Then, and on every later start, the server itself.
set -euo pipefail

die() { printf 'Error: %s\n' "$*" >&2; exit 1; }

run_init_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) echo "running $script"; bash "$script" ;;
      *.sql) echo "running $script"; as_superuser --dbname="$POSTGRES_DB" --file="$script" ;;
    esac
  done
}

as_superuser() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" "$@"; }

first_start() {
  [[ ${POSTGRES_PASSWORD:-} ]] ||
    die 'database is not initialised and POSTGRES_PASSWORD is empty: set it to a non-empty value'
  export POSTGRES_USER=${POSTGRES_USER:-postgres}
  export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}

  # initdb's own rules are trust on the socket and on loopback. POSTGRES_INITDB_ARGS is a list of words.
  # Nothing here has to survive the machine: without waiting for the disk.
  # shellcheck disable=SC2086
  initdb --no-sync --encoding=UTF8 --locale=C.UTF-8 --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    ${POSTGRES_INITDB_ARGS:-}
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"

  # The socket only, so that nobody outside connects to a server that is about to stop.
  pg_ctl --wait --options="-c listen_addresses='' -p 5432" start
  if [[ $POSTGRES_DB != postgres ]]; then
    echo 'CREATE DATABASE :"db";' | as_superuser --dbname=postgres --set=db="$POSTGRES_DB"
  fi
  run_init_scripts
  pg_ctl --wait --mode=fast stop
  echo 'PostgreSQL init process complete; ready for start up.'
}

# Options alone are options of the server; another command (psql, bash) runs as it is.
if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi

if [[ ${1:-} == postgres ]]; then
  if ((EUID == 0)); then
    # A fresh volume or bind mount belongs to root; the server refuses to run as root.
    install -d "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres:postgres {} +
    chmod 0700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
  fi
  if [[ -s $PGDATA/PG_VERSION ]]; then
    echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  else
    first_start
  fi
fi
exec "$@"
