#!/bin/sh
# Writes a .env with random secrets for docker-compose.yml; never touches one that exists.
#   sh deploy/env-init.sh [file]
set -eu

file=${1:-$(dirname "$0")/../.env}

# Letters and digits only: the secrets also stand in URLs.
random() {
  od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# The secrets are complete before the file is made: it exists whole or not at all.
secrets="# Secrets of docker-compose.yml, made by deploy/env-init.sh. Keep a copy: those of the stores are in their data, too.
SECRET_KEY=$(random 32)
POSTGRES_PASSWORD=$(random 24)
DATABASE_PASSWORD=$(random 24)
RABBITMQ_PASSWORD=$(random 24)
MINIO_ROOT_PASSWORD=$(random 20)
# MinIO takes at most 40 characters for the password of an account.
STORAGE_SECRET_KEY=$(random 20)"

umask 077
# Where the file exists, noclobber refuses, also if it appeared this moment.
set -C
if ! printf '%s\n' "$secrets" 2>/dev/null >"$file"; then
  echo "$file exists, or cannot be written; nothing was changed." >&2
  echo "For a file of your own: sh $0 new.env, then copy the lines that yours lacks." >&2
  exit 1
fi
echo "Wrote $file with new random secrets, readable by you alone."
