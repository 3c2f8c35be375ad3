#!/bin/sh
# Puts what the hardware needs onto this Pi: boot settings, kernel's command line, udev rules.
# As root, on the Pi: firmware-config/install.sh [pi3|pi4|pi5|zero2]   Run it again after a change.
# ROOT=/mnt works on a card that is mounted there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-}
boot=$root/boot/firmware
[ -f "$boot/config.txt" ] || boot=$root/boot
[ -f "$boot/config.txt" ] || {
    echo "there is no config.txt in $root/boot/firmware or $root/boot: is this a Raspberry Pi?" >&2
    exit 1
}

model=${1:-}
if [ -z "$model" ]; then
    case $(tr -d '\0' <"$root/proc/device-tree/model" 2>/dev/null || true) in
        *"Pi 3"*) model=pi3 ;;
        *"Pi 4"* | *"Pi 400"* | *"Compute Module 4"*) model=pi4 ;;
        *"Pi 5"* | *"Pi 500"* | *"Compute Module 5"*) model=pi5 ;;
        *"Zero 2"*) model=zero2 ;;
        *)
            echo "which Pi this is, it does not say; give pi3, pi4, pi5 or zero2" >&2
            exit 1
            ;;
    esac
fi
[ -f "$here/boot/config-$model.txt" ] || {
    echo "no boot settings for \"$model\"; there are pi3, pi4, pi5, zero2" >&2
    exit 1
}

begin="# >>> pullcord"
end="# <<< pullcord"
{
    sed "/^$begin/,/^$end/d" "$boot/config.txt"
    echo "$begin (written by install.sh; change firmware-config/boot/config-$model.txt)"
    cat "$here/boot/config-$model.txt"
    echo "$end"
} >"$boot/config.txt.new"
mv "$boot/config.txt.new" "$boot/config.txt"

words() { sed 's/#.*//' "$1" | tr -s ' \n' '\n' | sed '/^$/d'; }
remove=$(words "$here/boot/cmdline-remove.txt")
add=$(words "$here/boot/cmdline-add.txt")
line=
for word in $(cat "$boot/cmdline.txt") $add; do
    case "
$remove
$line
" in
        *"
$word
"*) ;;
        *) line="$line
$word" ;;
    esac
done
echo "$line" | tr '\n' ' ' | sed 's/^ *//; s/ *$//' >"$boot/cmdline.txt.new"
echo >>"$boot/cmdline.txt.new"
mv "$boot/cmdline.txt.new" "$boot/cmdline.txt"

mkdir -p "$root/etc/udev/rules.d"
install -m 0644 "$here"/udev/*.rules "$root/etc/udev/rules.d/"
if [ -z "$root" ]; then
    udevadm control --reload
    udevadm trigger --subsystem-match=tty --subsystem-match=hidraw --subsystem-match=input
    [ "$model" = pi5 ] || systemctl disable --quiet hciuart 2>/dev/null || true
fi
echo "$model: $boot/config.txt, $boot/cmdline.txt and udev rules are written; restart the Pi"
