#!/bin/sh
# Print the newest versions of all that `make test`, `make demo` and `make docs` install, a name and a version a line.
# Usage: constraints.sh PYTHON, from the root of the project.
set -eu

venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
"$1" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --upgrade pip hatchling editables
"$venv/bin/python" -m pip install --quiet --upgrade --no-build-isolation --editable '.[all]' --group dev --group docs --group frameworks
"$venv/bin/python" -m pip freeze --all --exclude-editable --exclude setuptools |
    sed 's/+.*//' |
    LC_ALL=C sort --ignore-case > "$venv/frozen"
if grep --invert-match --extended-regexp '^[A-Za-z0-9._-]+==[A-Za-z0-9.!]+$' "$venv/frozen" >&2; then
    echo "these lines are not a name and a version" >&2
    exit 1
fi
cat "$venv/frozen"
