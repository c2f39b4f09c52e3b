#!/usr/bin/env bash
# Behaves as the official image's start is documented (https://hub.docker.com/_/postgres): initdb on an empty data
# directory, a temporary server on the socket only, the database, the scripts of /docker-entrypoint-initdb.d; then, and
# on every later start, the server itself.
set -Eeuo pipefail

die() { printf 'Error: %s\n' "$*" >&2; exit 1; }

# A variable may be given as itself or as the name of a file: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.
settle() {
  local name=$1 file=$1_FILE value=${2-}
  if [[ ${!name-} && ${!file-} ]]; then die "both $name and $file are set (but are exclusive)"; fi
  if [[ ${!name-} ]]; then value=${!name}; elif [[ ${!file-} ]]; then value=$(<"${!file}"); fi
  export "$name=$value"
  unset "$file"
}

settle_all() {
  settle POSTGRES_PASSWORD
  settle POSTGRES_USER postgres
  settle POSTGRES_DB "$POSTGRES_USER"
  settle POSTGRES_INITDB_ARGS
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
}

# What the server needs to be there; as root it then belongs to the server's user.
make_folders() {
  local folder
  for folder in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
    mkdir -p "$folder"
    chmod 0700 "$folder" || true
    if ((EUID == 0)); then find "$folder" \! -user postgres -exec chown postgres {} +; fi
  done
  mkdir -p /var/run/postgresql || true
  chmod 3775 /var/run/postgresql 2>/dev/null || true
  if ((EUID == 0)); then find /var/run/postgresql \! -user postgres -exec chown postgres {} +; fi
}

# Since 18 the volume is the folder above. Data in the old place would silently be left there.
refuse_old_place() {
  local found
  [[ $PGDATA == "/var/lib/postgresql/$PG_MAJOR/docker" ]] || return 0
  for found in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
    if [[ -s $found/PG_VERSION ]]; then die "there is PostgreSQL data in $found, and this image has its own in $PGDATA"; fi
  done
  if mountpoint -q /var/lib/postgresql/data; then
    die "/var/lib/postgresql/data is an unused mount: since 18 a volume is mounted at /var/lib/postgresql"
  fi
}

demand_password() {
  if [[ $POSTGRES_HOST_AUTH_METHOD == trust ]]; then
    echo 'WARNING: POSTGRES_HOST_AUTH_METHOD=trust lets anyone in without a password, whatever it is' >&2
  elif [[ -z $POSTGRES_PASSWORD ]]; then
    die 'the database is not initialised and no superuser password is given: set POSTGRES_PASSWORD to a non-empty value'
  fi
}

# Any user id may run the server, and initdb wants a name for it. The official image lends one by nss_wrapper.
lend_name() {
  if ! id --name --user >/dev/null 2>&1; then
    printf 'postgres:x:%s:%s::%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" >>/etc/passwd
  fi
}

make_cluster() {
  lend_name
  # POSTGRES_INITDB_ARGS is read as the shell reads words. Nothing here has to survive the machine: no waiting for the disk.
  local more=()
  eval "more=($POSTGRES_INITDB_ARGS)"
  initdb --no-sync --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    ${more[@]+"${more[@]}"} ${POSTGRES_INITDB_WALDIR:+--waldir="$POSTGRES_INITDB_WALDIR"}
  # initdb lets in whom the socket and loopback bring; everybody else by the method given, or as passwords are kept.
  local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "${@:2}")}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

# The server with its own options, for nobody but this script: on the socket only.
start_alone() {
  local options
  options=$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")
  PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -o "$options" -w start
}
stop_alone() { PGUSER=${PGUSER:-postgres} pg_ctl -D "$PGDATA" -m fast -w stop; }

query() {
  PGHOST='' PGHOSTADDR='' PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD} \
    psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --quiet --username "$POSTGRES_USER" "$@"
}

make_database() {
  local there
  there=$(echo "SELECT 1 FROM pg_database WHERE datname = :'db'" |
    query --dbname postgres --set db="$POSTGRES_DB" --tuples-only --no-align)
  if [[ -z $there ]]; then echo 'CREATE DATABASE :"db"' | query --dbname postgres --set db="$POSTGRES_DB"; fi
}

unxz() { python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"; }

run_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      # One that is not executable is read by this shell, and may change its variables.
      *.sh) echo "running $file"; if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
      *.sql) echo "running $file"; query --dbname "$POSTGRES_DB" --file "$file" ;;
      *.sql.gz) echo "running $file"; gzip -dc "$file" | query --dbname "$POSTGRES_DB" ;;
      *.sql.xz) echo "running $file"; unxz "$file" | query --dbname "$POSTGRES_DB" ;;
      */\*) ;;
      *) echo "ignoring $file" ;;
    esac
  done
}

first_start() {
  demand_password
  refuse_old_place
  make_cluster "$@"
  start_alone "$@"
  make_database
  run_scripts
  stop_alone
  echo 'PostgreSQL init process complete; ready for start up.'
}

# These print something and end.
only_tells() {
  local word
  for word in "$@"; do
    case $word in -'?' | --help | --describe-config | -V | --version | -C) return 0 ;; esac
  done
  return 1
}

# Options alone are options of the server; another command (psql, bash) runs as it is.
if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi

if [[ ${1:-} == postgres ]] && ! only_tells "$@"; then
  settle_all
  make_folders
  if ((EUID == 0)); then exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"; fi
  if [[ -s $PGDATA/PG_VERSION ]]; then
    echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  else
    first_start "$@"
  fi
fi
exec "$@"
