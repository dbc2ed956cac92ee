# SPDX-License-Identifier: MIT
#
# For scripts that make recordings from Debian packages: fetches packages and unpacks them into a folder of
# their own. No root is needed, and nothing is installed.
#
#   . script/from-packages.sh
#   need_tools                  ends unless apt, dpkg-deb, perl and ffmpeg are there
#   open_folder DIR/NAME        ends when that is complete; sets out, debs, work and unpacked
#   fetch PACKAGE...            into $debs, what is not there yet; unpacks all into $unpacked
#   close_folder                all is made: $out is complete

say() { echo "script/${0##*/}: $*" >&2; }
fail() { say "$@"; exit 1; }

need_tools() {
  local tool missing=
  for tool in apt-get:apt dpkg-deb:dpkg perl:perl ffmpeg:ffmpeg; do
    command -v "${tool%:*}" >/dev/null || missing+=" ${tool#*:}"
  done
  [ -z "$missing" ] || fail "missing:$missing; apt-get install$missing (the packages are Debian's)"
}

# $work is removed at the end, $debs when all is made.
open_folder() {
  if [ -e "$1/.ready" ]; then
    echo "$1 is complete; remove it to make it anew"
    exit 0
  fi
  mkdir -p "$1/.packages"
  out=$(cd "$1" && pwd)
  debs=$out/.packages
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  unpacked=$work/unpacked
  mkdir "$unpacked"
}

close_folder() {
  rm -rf "$debs"
  touch "$out/.ready"
}

# Whether the package file $1 of $2 bytes is there whole.
fetched() { [ -f "$debs/$1" ] && [ "$(stat -c %s "$debs/$1")" -eq "$2" ]; }

fetch() {
  local name size bytes=0 wanted=() uris
  # Lines of '<address>' <file> <bytes> <digest>.
  uris=$(apt-get download --print-uris "$@" 2>"$work/errors") || {
    sed -n 's/^E: /  /p' "$work/errors" >&2
    fail "apt does not know every package: its lists may be old (apt-get update), or this is not Debian 12"
  }
  while read -r _ name size _; do
    fetched "$name" "$size" && continue
    wanted+=("${name%%_*}")
    bytes=$((bytes + size))
  done <<<"$uris"
  echo "${#wanted[@]} packages to fetch, $(((bytes + 500000) / 1000000)) MB"
  if [ ${#wanted[@]} -gt 0 ]; then
    (cd "$debs" && apt-get -q=2 -o APT::Sandbox::User=root download "${wanted[@]}") ||
      fail "fetching broke off; what came whole is kept, so run it again"
  fi
  while read -r _ name _; do dpkg-deb -x "$debs/$name" "$unpacked"; done <<<"$uris"
}
