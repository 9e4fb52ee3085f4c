#!/usr/bin/env bash
# Sees to it that the libraries Qt needs from the system are there; does nothing when they are.
#
#   packaging/system_libraries.sh window    for the window on this display (X11, Wayland or both)
#   packaging/system_libraries.sh tests     for the tests, which need no display
#
# What is missing is installed where that needs no password (root, or sudo without one) on Debian, Ubuntu and their
# kin. Everywhere else the one command that installs it is printed, and the exit status is 1.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-window}

[ "$(uname -s)" = Linux ] || exit 0 # elsewhere Qt's wheels bring all they need

# soname                Debian, Ubuntu          Fedora              Arch
known='
libEGL.so.1             libegl1                 libglvnd-egl        libglvnd
libGL.so.1              libgl1                  libglvnd-glx        libglvnd
libX11-xcb.so.1         libx11-xcb1             libX11-xcb          libx11
libX11.so.6             libx11-6                libX11              libx11
libdbus-1.so.3          libdbus-1-3             dbus-libs           dbus
libfontconfig.so.1      libfontconfig1          fontconfig          fontconfig
libfreetype.so.6        libfreetype6            freetype            freetype2
libgcc_s.so.1           libgcc-s1               libgcc              gcc-libs
libglib-2.0.so.0        libglib2.0-0            glib2               glib2
libgthread-2.0.so.0     libglib2.0-0            glib2               glib2
libstdc++.so.6          libstdc++6              libstdc++           gcc-libs
libwayland-client.so.0  libwayland-client0      libwayland-client   wayland
libwayland-cursor.so.0  libwayland-cursor0      libwayland-cursor   wayland
libwayland-egl.so.1     libwayland-egl1         libwayland-egl      wayland
libxcb-cursor.so.0      libxcb-cursor0          xcb-util-cursor     xcb-util-cursor
libxcb-glx.so.0         libxcb-glx0             libxcb              libxcb
libxcb-icccm.so.4       libxcb-icccm4           xcb-util-wm         xcb-util-wm
libxcb-image.so.0       libxcb-image0           xcb-util-image      xcb-util-image
libxcb-keysyms.so.1     libxcb-keysyms1         xcb-util-keysyms    xcb-util-keysyms
libxcb-randr.so.0       libxcb-randr0           libxcb              libxcb
libxcb-render-util.so.0 libxcb-render-util0     xcb-util-renderutil xcb-util-renderutil
libxcb-render.so.0      libxcb-render0          libxcb              libxcb
libxcb-shape.so.0       libxcb-shape0           libxcb              libxcb
libxcb-shm.so.0         libxcb-shm0             libxcb              libxcb
libxcb-sync.so.1        libxcb-sync1            libxcb              libxcb
libxcb-util.so.1        libxcb-util1            xcb-util            xcb-util
libxcb-xfixes.so.0      libxcb-xfixes0          libxcb              libxcb
libxcb-xkb.so.1         libxcb-xkb1             libxcb              libxcb
libxcb.so.1             libxcb1                 libxcb              libxcb
libxkbcommon-x11.so.0   libxkbcommon-x11-0      libxkbcommon-x11    libxkbcommon-x11
libxkbcommon.so.0       libxkbcommon0           libxkbcommon        libxkbcommon
libz.so.1               zlib1g                  zlib                zlib
libzstd.so.1            libzstd1                libzstd             zstd
a-font                  fonts-dejavu-core       dejavu-sans-fonts   ttf-dejavu
'

qt_files() { # the parts of Qt that this purpose loads
  local qt
  qt=$(echo .venv/lib/python3*/site-packages/PySide6)
  echo "$qt"/Qt{Core,Gui,Widgets,Svg,Test}.abi3.so
  if [ "$purpose" = tests ]; then echo "$qt/Qt/plugins/platforms/libqoffscreen.so"; fi
  if [ "$purpose" = window ] && [ -n "${DISPLAY:-}" ]; then
    echo "$qt/Qt/plugins/platforms/libqxcb.so" "$qt"/Qt/plugins/xcbglintegrations/*.so
  fi
  if [ "$purpose" = window ] && [ -n "${WAYLAND_DISPLAY:-}" ]; then echo "$qt/Qt/plugins/platforms/libqwayland.so"; fi
}

missing() { # sonames that cannot be found, one a line; "a-font" where there is not one font to draw with
  local folder
  # shellcheck disable=SC2046  # a list of files
  LC_ALL=C ldd $(qt_files) 2>/dev/null | awk '/=> not found/ && $1 !~ /^lib(Qt6|icu|pyside|shiboken)/ {print $1}' | sort -u
  for folder in /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" /run/host/fonts; do
    if [ -d "$folder" ] && find -L "$folder" \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) -print -quit 2>/dev/null | grep -q .; then
      return
    fi
  done
  echo a-font
}

packages() { # column $1 of the table for the missing names; a name that is not in it stands for itself
  local name
  for name in $lacking; do
    awk -v name="$name" -v column="$1" '$1 == name {print $column; found = 1} END {if (!found) print name}' <<<"$known"
  done | sort -u | tr '\n' ' '
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0

if command -v apt-get >/dev/null; then
  install="apt-get install -y --no-install-recommends $(packages 2)"
elif command -v dnf >/dev/null; then
  install="dnf install -y $(packages 3)"
elif command -v pacman >/dev/null; then
  install="pacman -S --needed $(packages 4)"
else
  install=""
fi

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if [[ $install == apt-get* ]] && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  echo "Installing what Qt needs from the system: $(packages 2)"
  run=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive)
  # A fresh machine has no package lists yet; one that has them need not fetch them again.
  # shellcheck disable=SC2086  # a command with its words
  "${run[@]}" $install >/dev/null 2>&1 || { "${run[@]}" apt-get update && "${run[@]}" $install; } || true
  lacking=$(missing)
  [ -n "$lacking" ] || exit 0
fi

{
  echo "Qt needs libraries that this system lacks: ${lacking//$'\n'/ }"
  if [ -n "$install" ]; then
    echo "Install them with:  sudo $install"
  else
    echo "Install the packages of your system that hold them."
  fi
  echo "then run this again."
} >&2
exit 1
