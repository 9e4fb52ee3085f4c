#!/usr/bin/env bash
# Tries the Debian package where there is nothing: an empty Debian without Python, made by debootstrap.
#
#   packaging/try_on_empty_debian.sh dist/metagen_VERSION_amd64.deb [FOLDER]
#
# Needs root, debootstrap and Xvfb, and the mirror that this system's apt has. In FOLDER (a temporary one without it) the
# root is kept for another try, and what was seen: doctor.txt, runs.txt and pictures of the screen.
set -euo pipefail
package=$(realpath "$1")
folder=${2:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(realpath "$folder")
root=$folder/root
python=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin/python # to take pictures of the screen, from outside
python=${PYTHON:-$python}
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
display=:97

step() { printf '\n== %s\n' "$*"; }
inside() { chroot "$root" env -i HOME=/root USER=root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
on_screen() { inside DISPLAY=$display "$@"; }
install_there() { inside DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "$@" >"$folder/apt.txt" 2>&1 || { tail "$folder/apt.txt"; exit 1; }; }
picture() { # of the screen, and whether there is anything on it
  "$python" - "$folder/Xvfb_screen0" "$1" <<'PYTHON'
import struct, sys
from PIL import Image
data = open(sys.argv[1], "rb").read()  # as xwd writes windows
words = struct.unpack(">25I", data[:100])
image = Image.frombuffer("RGB", words[4:6], data[words[0] + 12 * words[19] :], "raw", "BGRX", words[12])
image.save(sys.argv[2])
if len(image.getcolors(2**24)) < 20:
    sys.exit(f"{sys.argv[2]}: nothing is on the screen")
PYTHON
}

if [ ! -e "$root/etc/debian_version" ]; then
  step "An empty Debian $suite"
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $suite" | head -1)
  debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$folder/debootstrap.txt"
fi
for kind in proc sys dev; do mountpoint -q "$root/$kind" || mount --rbind "/$kind" "$root/$kind"; done
screen=
finish() {
  [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
  for kind in proc sys dev; do umount --recursive --lazy "$root/$kind" 2>/dev/null || true; done
}
trap finish EXIT

step "The package, with nothing but what it asks for"
cp "$package" "$root/tmp/metagen.deb"
inside apt-get -qq update
install_there --no-install-recommends /tmp/metagen.deb
if inside sh -c 'command -v python3'; then echo "there is a Python"; exit 1; fi
inside metagen --version

step "metagen doctor --thorough, without a display"
inside metagen doctor --thorough | tee "$folder/doctor.txt"

step "Trained and exported by command"
inside sh -c 'rm -rf /tmp/run /tmp/learned && cd /tmp && metagen train --out /tmp/run --meta-steps 50 --set tasks.name=densities && metagen export /tmp/run --to /tmp/learned && ls /tmp/learned'

step "The window"
Xvfb $display -screen 0 1600x950x24 -nolisten tcp -fbdir "$folder" >/dev/null 2>&1 &
screen=$!
sleep 2
on_screen metagen-gui --describe
window() { # opens it with these words, takes a picture after a while, and closes it
  local seen=$1 window
  shift
  on_screen "$@" 2>"$folder/stderr.txt" &
  window=$!
  sleep "${WAIT:-30}"
  if [ "$seen" = trained.png ]; then # by a click on Start
    on_screen xdotool mousemove 34 36 click 1
    sleep "${WAIT:-30}"
  fi
  picture "$folder/$seen"
  kill -INT $(pgrep -P $window || echo $window) 2>/dev/null || true
  wait $window || true
  cat "$folder/stderr.txt"
}
window window.png metagen-gui
install_there --no-install-recommends xdotool
inside rm -rf /root/.config/metagen # or it would not open where Start is clicked
window trained.png metagen-gui
inside metagen runs | tee "$folder/runs.txt"
grep -q maml "$folder/runs.txt" || { echo "the window has trained nothing"; exit 1; }

step "A double click on an experiment, and on a broken one"
install_there --no-install-recommends shared-mime-info desktop-file-utils libglib2.0-bin
inside sh -c 'mkdir -p /tmp/files && cp /tmp/run/experiment.json /tmp/files && echo "{\"tasks\": {\"name\": 3" >/tmp/files/broken.metagen.json'
for file in experiment.json broken.metagen.json; do
  inside gio info -a standard::content-type /tmp/files/$file | grep -q application/x-metagen-experiment || { echo "$file is not known"; exit 1; }
done
inside gio mime application/x-metagen-experiment | grep metagen.desktop
window opened.png gio launch /usr/share/applications/metagen.desktop /tmp/files/experiment.json
window broken.png gio launch /usr/share/applications/metagen.desktop /tmp/files/broken.metagen.json

step "Done. What was seen is in $folder: look at the pictures."
