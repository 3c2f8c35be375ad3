#!/bin/sh
# The programs that tests run for real: Mosquitto, PostgreSQL, Chromium. Installed where we may.
# `system.sh soak`: and those of the long runs.
set -eu
missing=
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
have mosquitto || missing="$missing mosquitto"
have chromium || missing="$missing chromium fonts-dejavu-core"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
have ip || missing="$missing iproute2"
have udevadm || missing="$missing udev"
have systemd-analyze || missing="$missing systemd"
have gcc || missing="$missing gcc libc6-dev"
if [ "${1:-}" = soak ]; then
    have qemu-storage-daemon || missing="$missing qemu-system-common"
    have mkfs.ext4 || missing="$missing e2fsprogs"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && have apt-get; then
    echo "installing$missing …"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "the tests need$missing; install them, for example: sudo apt install$missing" >&2
exit 1
