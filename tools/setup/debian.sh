#!/bin/sh
# Install the named Debian packages where they are missing and that is possible; else say how to get them.
# With CI=true a package that cannot be had is an error; otherwise the tests that need it are skipped.
set -u

missing=""
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing with apt:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    apt-get install -qq --no-install-recommends $missing >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq --no-install-recommends $missing >/dev/null; } && exit 0
fi

echo "not installed:$missing; get it with: sudo apt-get install$missing" >&2
[ "${CI:-}" != true ]
