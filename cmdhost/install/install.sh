#!/bin/sh
# Installs the agent under systemd, or upgrades it. Run as root from the unpacked package: install/install.sh [--no-start]
# A second run is an upgrade: the agent is drained, exchanged and started again; the version before stays in /opt/mcms-cmdhost.
# MCMS_ROOT is put before every path and leaves users and systemd alone (for tests and images).
set -eu

package=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
root=${MCMS_ROOT:-}
name=mcms-cmdhost
home=$root/opt/$name
config=$root/etc/$name/cmdhost.json
unit=$root/etc/systemd/system/$name.service
start=yes
[ "${1:-}" = "--no-start" ] && start=no

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'must be run as root'

# 1. What is to be installed is what was packed.
(cd "$package" && sha256sum --check --quiet SHA256SUMS) || fail 'the package is not as it was packed: unpack the archive again'
version=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$package/package.json")
[ -n "$version" ] || fail 'the package names no version'

# 2. An account without a shell and the folders it owns.
if [ -z "$root" ]; then
  getent passwd "$name" >/dev/null || useradd --system --user-group --home-dir /var/lib/$name --shell /usr/sbin/nologin "$name"
fi
mkdir -p "$home" "$root/etc/$name/keys" "$root/var/lib/$name" "$root/etc/systemd/system"
if [ ! -e "$config" ]; then
  sed -e 's|C:\\\\ProgramData\\\\MCMS\\\\CmdHost\\\\keys\\\\|/etc/mcms-cmdhost/keys/|' \
    -e 's|C:\\\\ProgramData\\\\MCMS\\\\CmdHost\\\\work|/var/lib/mcms-cmdhost|' \
    -e 's|"mode": "session"|"mode": "child"|' "$package/install/cmdhost.sample.json" >"$config"
  start=no
fi
if [ -z "$root" ]; then
  chown -R root:"$name" /etc/$name
  chmod 0750 /etc/$name /etc/$name/keys
  chmod 0640 "$config"
  chown "$name:$name" /var/lib/$name
  chmod 0700 /var/lib/$name
fi

# 3. The new version beside the old.
rm -rf "$home/$version.new"
cp -R "$package" "$home/$version.new"

# 4. The version that runs ends its work, then makes room by one rename of a link.
if [ -z "$root" ] && systemctl is-active --quiet $name; then
  say 'draining: no new work is claimed, runs go to their end ...'
  "$home/current/bin/cmdhost" drain --config "$config" --wait
  systemctl stop $name
fi
if [ -d "$home/$version" ]; then
  rm -rf "$home/$version.replaced"
  mv "$home/$version" "$home/$version.replaced"
fi
mv "$home/$version.new" "$home/$version"
if [ -L "$home/current" ] && [ "$(readlink "$home/current")" != "$version" ]; then
  ln -sfn "$(readlink "$home/current")" "$home/previous"
fi
ln -sfn "$version" "$home/current"
rm -rf "$home/$version.replaced"

# 5. The unit.
cp "$package/install/$name.service" "$unit"
if [ -z "$root" ]; then
  systemctl daemon-reload
  systemctl enable --quiet $name
  if [ "$start" = yes ]; then
    "$home/current/bin/cmdhost" check --config "$config"
    systemctl restart $name
  fi
fi

say "MCMS CmdHost $version is installed in $home/$version."
if [ "$start" = yes ]; then
  say "Next: $home/current/bin/cmdhost doctor --config $config"
else
  say "Next: fill in $config, then cmdhost enroll, cmdhost doctor and systemctl start $name (docs/cmdhost.md)."
fi
