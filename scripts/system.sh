#!/bin/sh
# Install the system libraries that Python packages cannot bring, when we may; otherwise print the one line that does.
#   system.sh pango        what WeasyPrint needs
#   system.sh venv PYTHON  Debian splits the venv module off
#   system.sh tests        the browser for the browser tests
set -eu

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install() { # install WHY PACKAGE...
    why=$1
    shift
    if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        echo "Installing $* ($why) ..."
        as_root apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    elif command -v apt-get >/dev/null 2>&1; then
        echo "Missing: $why. Please run: sudo apt-get install -y $*" >&2
        exit 1
    elif [ "$why" = "Pango, for typesetting" ]; then
        echo "Missing: $why. On macOS: brew install pango" >&2
        exit 1
    else
        echo "Missing: $why ($*)" >&2
        exit 1
    fi
}

has_library() {
    if command -v ldconfig >/dev/null 2>&1; then ldconfig -p | grep -q "$1"
    elif [ -x /sbin/ldconfig ]; then /sbin/ldconfig -p | grep -q "$1"
    else [ -n "$(ls /opt/homebrew/lib/"$1"* /usr/local/lib/"$1"* 2>/dev/null)" ]; fi
}

case $1 in
pango)
    if [ "$(uname)" = Darwin ]; then
        has_library libpango-1.0 || install "Pango, for typesetting" pango
    else
        has_library libpangoft2-1.0.so.0 && has_library libharfbuzz-subset.so.0 ||
            install "Pango, for typesetting" libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
    fi
    ;;
venv)
    "$2" -c 'import ensurepip, venv' 2>/dev/null || install "Python's venv module" python3-venv
    ;;
tests)
    if [ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ]; then exit 0; fi
    command -v chromium >/dev/null 2>&1 || install "Chromium, for the browser tests" chromium
    command -v pdftoppm >/dev/null 2>&1 || install "Poppler, a second opinion on print files" poppler-utils
    ;;
esac
