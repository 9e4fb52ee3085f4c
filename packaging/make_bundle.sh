#!/usr/bin/env bash
# Makes the programs to install: dist/metagen, a folder that needs no Python, and from it on Linux a tarball and, where
# there is dpkg-deb, a Debian package (`make bundle`).
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}

"$bin/pyinstaller" --noconfirm --log-level WARN --distpath dist --workpath build packaging/metagen.spec
[ "$(uname -s)" = Linux ] || exit 0

folder=dist/metagen
ln -sf metagen "$folder/metagen-gui"
# Names of functions that nobody outside a library can call: a fifth of torch.
find "$folder/_internal/torch/lib" "$folder"/_internal/libpython* -name '*.so*' -type f -exec strip --strip-unneeded {} +
version=$("$folder/metagen" --version | awk '{print $2}')
machine=$(uname -m)

echo "Packing dist/metagen-$version-linux-$machine.tar.gz"
tar --create --gzip --file "dist/metagen-$version-linux-$machine.tar.gz" --owner 0 --group 0 --directory dist metagen

command -v dpkg-deb >/dev/null || exit 0
package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
chmod 755 "$package"
put() { install -D --mode 644 "$1" "$package/usr/share/$2"; }
mkdir -p "$package/DEBIAN" "$package/usr/lib" "$package/usr/bin"
cp --recursive --no-dereference --link "$folder" "$package/usr/lib/metagen" 2>/dev/null ||
  cp --recursive --no-dereference "$folder" "$package/usr/lib/metagen"
for name in metagen metagen-gui; do ln -s "../lib/metagen/$name" "$package/usr/bin/$name"; done
put packaging/metagen.desktop applications/metagen.desktop
put packaging/metagen.metainfo.xml metainfo/org.metagen.metagen.metainfo.xml
put packaging/metagen-mime.xml mime/packages/metagen.xml
put packaging/copyright doc/metagen/copyright
put resources/notices/hershey.txt doc/metagen/hershey.txt
put resources/icons/metagen.svg icons/hicolor/scalable/apps/metagen.svg
for size in 16 24 32 48 64 128 256 512; do
  put "resources/icons/metagen-$size.png" "icons/hicolor/${size}x$size/apps/metagen.png"
done
cat >"$package/DEBIAN/control" <<CONTROL
Package: metagen
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: MetaGen contributors <metagen@localhost>
Installed-Size: $(du --summarize --block-size 1K "$package/usr" | cut -f1)
Depends: $(packaging/libraries_of.sh "$folder")
Recommends: desktop-file-utils, shared-mime-info
Section: science
Priority: optional
Description: laboratory for generative models that adapt to a new task
 Pick a meta-learning algorithm, a generative model and a family of tasks, train
 on your own machine, and see what the model generates as it adapts to a task
 that it has never seen, from a handful of examples. Python and everything else
 that it is built on comes along.
CONTROL
echo "Packing dist/metagen_${version}_$(dpkg --print-architecture).deb"
dpkg-deb --root-owner-group -Zzstd --build "$package" dist >/dev/null
