#!/bin/sh
# Gives the service an account of its own in PostgreSQL, which owns its database and is no superuser. Runs in
# PostgreSQL's image at each start; a changed DATABASE_PASSWORD becomes the account's password.
# The server and its superuser come from PGHOST, PGDATABASE, PGUSER and PGPASSWORD.
set -eu

# psql reads the password from the environment: anybody who lists the processes could read an argument.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null <<'SQL'
\getenv role DATABASE_ROLE
\getenv password DATABASE_PASSWORD
SELECT set_config('service.role', :'role', false), set_config('service.password', :'password', false);
\i /service-account.sql
SQL
