#!/bin/sh
# Writes a .env with random secrets for docker-compose.yml. Never changes one that exists.
#   sh deploy/env-init.sh [file]
set -eu

file=${1:-$(dirname "$0")/../.env}

# Letters and digits only: the secrets also stand in URLs.
random() {
  od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# The secrets are generated before the file is written: it is complete or does not exist.
secrets="# Secrets of docker-compose.yml, made by deploy/env-init.sh. Keep a copy: those of the stores are in their data, too.
SECRET_KEY=$(random 32)
POSTGRES_PASSWORD=$(random 24)
DATABASE_PASSWORD=$(random 24)
RABBITMQ_PASSWORD=$(random 24)
MINIO_ROOT_PASSWORD=$(random 20)
# MinIO takes at most 40 characters for the password of an account.
STORAGE_SECRET_KEY=$(random 20)"

if [ -f "$file" ]; then
  missing=
  for name in $(printf '%s\n' "$secrets" | sed -n 's/^\([A-Z_]*\)=.*/\1/p'); do
    grep -q "^$name=." "$file" || missing="$missing $name"
  done
  if [ -z "$missing" ]; then
    echo "$file has every secret already; nothing was changed."
    exit 0
  fi
  echo "$file lacks$missing." >&2
fi

umask 077
# Where the file exists, noclobber refuses, also if it appeared this moment.
set -C
if ! printf '%s\n' "$secrets" 2>/dev/null >"$file"; then
  echo "$file exists, or cannot be written; nothing was changed." >&2
  echo "For a file of your own: sh $0 new.env, then copy the lines that yours lacks." >&2
  exit 1
fi
echo "Wrote $file with new random secrets, readable by you alone."
