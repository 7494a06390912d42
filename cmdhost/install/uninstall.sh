#!/bin/sh
# Removes the agent: drained, stopped, program and unit taken away. Configuration, keys and work folder stay.
set -eu
[ "$(id -u)" = 0 ] || { echo 'uninstall.sh: must be run as root' >&2; exit 1; }
name=mcms-cmdhost
if systemctl is-active --quiet $name; then
  /opt/$name/current/bin/cmdhost drain --config /etc/$name/cmdhost.json --wait
fi
systemctl disable --now --quiet $name || true
rm -f /etc/systemd/system/$name.service
systemctl daemon-reload
rm -rf /opt/$name
echo "MCMS CmdHost was removed. /etc/$name and /var/lib/$name stay; remove its certificate in the Entra admin centre, too."
