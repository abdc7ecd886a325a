#!/bin/sh
# Every test: on the embedded defaults, then on PostgreSQL + Redis, then the walk through the shop in a real browser on both.
# TEST_DATABASE_URL and TEST_REDIS_URL name the services; without them the standard local ports are tried.
set -eu
BIN=${BIN:-.venv/bin}

answers() { "$BIN/python" - "$1" "$2" <<'EOF'
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()
except OSError:
    sys.exit(1)
EOF
}

if [ -z "${TEST_DATABASE_URL:-}" ] && answers 127.0.0.1 5432; then
    TEST_DATABASE_URL="postgres://${PGUSER:-postgres}@127.0.0.1:5432/littledreamers"
fi
if [ -z "${TEST_REDIS_URL:-}" ] && answers 127.0.0.1 6379; then
    TEST_REDIS_URL=redis://127.0.0.1:6379/9
fi

# Publishing takes a while and is needed by many tests: once, before the workers start.
echo "== Publishing the stories"
DATA_DIR=.cache/data PUBLISHED_DIR=.cache/published "$BIN/python" manage.py publish_story

# Unit tests write and sync many small files; in memory, where there is room for them, nobody waits for a disk.
if [ -z "${TMPDIR:-}" ] && [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')" -gt 4000000 ] 2>/dev/null; then
    unit_tmp=/dev/shm
else
    unit_tmp=${TMPDIR:-/tmp}
fi

echo "== Unit tests, embedded defaults (SQLite)"
env -u DATABASE_URL -u REDIS_URL TMPDIR="$unit_tmp" "$BIN/pytest" -q -n 2 --dist worksteal -m "not e2e" "$@"

if [ -n "${TEST_DATABASE_URL:-}" ] && [ -n "${TEST_REDIS_URL:-}" ]; then
    echo "== Unit tests, PostgreSQL + Redis"
    DATABASE_URL=$TEST_DATABASE_URL REDIS_URL=$TEST_REDIS_URL TMPDIR="$unit_tmp" "$BIN/pytest" -q -n 2 --dist worksteal -m "not e2e" "$@"
    both="embedded,services"
else
    both=embedded
    echo "!! PostgreSQL or Redis is missing: HALF OF THE TESTS DID NOT RUN." >&2
    echo "!! Set TEST_DATABASE_URL and TEST_REDIS_URL, or start them on 127.0.0.1:5432 and 127.0.0.1:6379." >&2
    [ -z "${CI:-}" ] || exit 1
fi

echo "== The walk through the shop, in a real browser ($both)"
TEST_DATABASE_URL=${TEST_DATABASE_URL:-} TEST_REDIS_URL=${TEST_REDIS_URL:-} E2E_INSTALLATIONS=$both \
    env -u DATABASE_URL -u REDIS_URL "$BIN/pytest" -q -m e2e -n 2 --dist loadgroup "$@"
