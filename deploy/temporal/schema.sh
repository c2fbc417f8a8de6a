#!/bin/sh
# Creates Temporal's two databases where they are missing and brings their schemas up to date.
# Connection: SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD from the environment, so that the
# password is in no command line. Safe to run again: each step leaves alone what is done already.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

prepare() {
  database=$1
  folder=$2
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "$schemas/$folder/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
