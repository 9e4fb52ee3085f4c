#!/usr/bin/env bash
# Makes .venv and installs MetaGen into it, editable.
#
#   packaging/set_up.sh         what is needed to run it
#   packaging/set_up.sh dev     what is needed to test it as well
set -euo pipefail
cd "$(dirname "$0")/.."
extras=${1:-}
python=.venv/bin/python

newest_python() { # the first Python that is new enough, by name
  local name
  for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "MetaGen needs Python 3.11 or newer, and there is none here. PYTHON=/path/to/python3 make … names one." >&2
  exit 1
}

apt_install() { # quietly, where no password is needed; otherwise fails
  command -v apt-get >/dev/null || return 1
  local run=(env DEBIAN_FRONTEND=noninteractive)
  [ "$(id -u)" = 0 ] || run=(sudo -n "${run[@]}")
  "${run[@]}" apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
    { "${run[@]}" apt-get update >/dev/null 2>&1 &&
      "${run[@]}" apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1; }
}

make_venv() { # Debian and Ubuntu keep what `-m venv` needs in a package of its own
  local base=$1
  "$base" -m venv .venv >/dev/null 2>&1 && return
  rm -rf .venv
  local version
  version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "Python lacks its venv module; trying to install it."
  if apt_install "python$version-venv" || apt_install python3-venv; then
    "$base" -m venv .venv && return
  fi
  # Without it: an empty environment, filled by the pip of that Python or by virtualenv, if there is one.
  rm -rf .venv
  if "$base" -m venv --without-pip .venv 2>/dev/null && "$base" -m pip --python $python install pip 2>/dev/null; then return; fi
  rm -rf .venv
  if "$base" -m virtualenv --quiet .venv 2>/dev/null; then return; fi
  rm -rf .venv
  echo "Python's venv module is missing. Install it with:  sudo apt-get install python$version-venv" >&2
  echo "(or your system's package of that kind), then run this again." >&2
  exit 1
}

if ! $python -m pip --version >/dev/null 2>&1 && ! $python -m ensurepip >/dev/null 2>&1; then
  base=$(newest_python)
  echo "Setting up MetaGen in .venv with $("$base" --version). This happens once; torch is large, so it takes minutes."
  rm -rf .venv
  make_venv "$base"
fi

$python -m pip install --disable-pip-version-check --editable ".${extras:+[$extras]}"
# What the page among the exports is made with in a browser; where there is no npm, its test is skipped and says so, and
# a bundle makes no such pages.
if [[ $extras =~ ^(dev|packaging)$ ]] && command -v npm >/dev/null && [ ! -f .venv/onnxruntime-web-1.30.0.tgz ]; then
  npm pack onnxruntime-web@1.30.0 --pack-destination .venv --silent >/dev/null 2>&1 || true
fi
touch .venv/.ready ${extras:+.venv/.ready-"$extras"}
