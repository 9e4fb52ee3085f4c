#!/usr/bin/env bash
# Names the Debian packages that the folder of a bundle needs, as the field Depends wants them.
#
#   packaging/libraries_of.sh dist/metagen
set -euo pipefail
here=$(dirname "$0")
folder=$1
table=$(sed -n "/^known='/,/^'/p" "$here/system_libraries.sh")

glibc=$(find "$folder" -type f \( -name '*.so*' -o -path "$folder/metagen" \) -exec objdump -T {} + 2>/dev/null |
  grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
{
  echo "libc6 (>= ${glibc#GLIBC_})"
  # What a library asks for by name and nothing in the bundle is called.
  find "$folder" -type f -name '*.so*' -exec objdump -p {} + 2>/dev/null | awk '/NEEDED/ {print $2}' | sort -u |
    while read -r name; do
      [ -n "$(find "$folder" -name "$name" -print -quit)" ] && continue
      awk -v name="$name" '$1 == name {print $2 ($2 == "libglib2.0-0" ? " | libglib2.0-0t64" : "")}' <<<"$table"
    done
  echo fontconfig-config
  echo fonts-dejavu-core
} | sort -u | paste --serial --delimiters , | sed 's/,/, /g'
