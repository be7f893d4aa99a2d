#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh FOLDER GUEST: from Debian packages in FOLDER/packages (a list of files, in the order to unpack) makes the kernel, the
# initramfs and the disk of a lab machine, in FOLDER; GUEST holds the files that are ours. Of the packages' own scripts run those that
# set up alternatives; what others would do and a lab machine needs is done here. Prints a line before each part that takes long.
set -eu
umask 022
folder=$1
guest=$2
root=$folder/root

echo "unpacking $(wc -l < "$folder/packages") packages"
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
# Without what no lab machine has or needs: documentation, translations, drivers of devices that QEMU does not give it.
drivers=./lib/modules/*/kernel/drivers
while read -r package; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink \
        --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale --exclude=./usr/share/info \
        --exclude='./lib/modules/*/kernel/sound' --exclude="$drivers/gpu" --exclude="$drivers/media" --exclude="$drivers/net/wireless" \
        --exclude="$drivers/staging" --exclude="$drivers/iio" --exclude="$drivers/scsi" --exclude="$drivers/infiniband" \
        --exclude="$drivers/hid" --exclude="$drivers/usb" --exclude="$drivers/mtd" --exclude="$drivers/input"
done < "$folder/packages"

echo "configuring"
# base-passwd, openssh-server, base-files
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
sed -i 's/^root:[^:]*:/root:x:/' "$root/etc/passwd"
echo 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin' >> "$root/etc/passwd"
(umask 077; echo 'root:*:19000:0:99999:7:::' > "$root/etc/shadow")
cp "$root/usr/share/base-files/profile" "$root/etc/profile"
cp "$root/usr/share/base-files/dot.bashrc" "$root/root/.bashrc"
for name in init reboot poweroff halt ping; do
    [ -e "$root/usr/sbin/$name" ] || [ -e "$root/usr/bin/$name" ] || ln -s ../bin/busybox "$root/usr/sbin/$name"
done
ln -s /proc/mounts "$root/etc/mtab"
printf '127.0.0.1 localhost\n' > "$root/etc/hosts"
printf 'A lab machine of vswbench: functionally true, never a performance figure.\n' > "$root/etc/motd"
mkdir -p "$root/etc/vswbench-lab"
cp "$guest/start.sh" "$guest/watchdog.sh" "$guest/sshd_config" "$root/etc/vswbench-lab/"
chmod 755 "$root/etc/vswbench-lab/start.sh" "$root/etc/vswbench-lab/watchdog.sh"
cp "$guest/inittab" "$root/etc/inittab"
chroot "$root" /sbin/ldconfig
# A name that several packages offer, such as cc or awk, is given to one of them by their postinst scripts alone.
[ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
script=$root/tmp/postinst
while read -r package; do
    dpkg-deb --ctrl-tarfile "$package" | tar -x -O --occurrence=1 ./postinst > "$script" 2> "$folder/tar.log" || continue
    grep -q update-alternatives "$script" || continue
    chmod 755 "$script"
    # What dpkg tells a script (dpkg(1), environment).
    env DEBIAN_FRONTEND=noninteractive DPKG_MAINTSCRIPT_NAME=postinst \
        DPKG_MAINTSCRIPT_PACKAGE="$(dpkg-deb --field "$package" Package)" \
        chroot "$root" /tmp/postinst configure < /dev/null > "$folder/postinst.log" 2>&1 ||
        echo "passing over the postinst of ${package##*/}: $(tail -n 1 "$folder/postinst.log")"
done < "$folder/packages"
rm -f "$script" "$folder/tar.log" "$folder/postinst.log"
release=$(ls "$root/lib/modules")
chroot "$root" /sbin/depmod "$release"

echo "packing"
# The compressed kernel is in a file that unpacks itself, which takes seconds where the CPU is emulated: unpacked here.
# Its offset and length: Documentation/arch/x86/boot.rst, setup_sects, payload_offset, payload_length.
image=$root/boot/vmlinuz-$release
number() { od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }
offset=$((($(number "$image" 497 1) + 1) * 512 + $(number "$image" 584 4)))
tail -c "+$((offset + 1))" "$image" | head -c "$(number "$image" 588 4)" > "$folder/payload"
# The length of what is packed stands behind it: no part of the stream.
xz --single-stream --decompress --stdout "$folder/payload" > "$folder/vmlinux"
rm "$folder/payload"

initramfs=$folder/initramfs
mkdir -p "$initramfs/bin" "$initramfs/modules"
cp "$root/bin/busybox" "$initramfs/bin/"
cp "$guest/initramfs.sh" "$initramfs/init"
chmod 755 "$initramfs/init"
for module in virtio_pci virtio_blk crc32c_generic ext4; do
    chroot "$root" /sbin/modprobe --set-version "$release" --show-depends "$module"
done | while read -r verb path _; do
    name=${path##*/}
    [ "$verb" = insmod ] && [ ! -e "$initramfs/modules/$name" ] || continue
    cp "$root$path" "$initramfs/modules/$name"
    echo "$name" >> "$initramfs/modules/order"
done
(cd "$initramfs" && find . | "$root/bin/busybox" cpio -o -H newc 2> "$folder/cpio.log") > "$folder/initrd" || { cat "$folder/cpio.log" >&2; exit 1; }
rm -r "$initramfs" "$folder/cpio.log"

# Sparse, and unpacked without a mount. A machine writes to a copy of its own: a journal would serve nobody.
truncate -s 6G "$folder/disk"
mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=1 -m 0 -d "$root" "$folder/disk"
rm -r "$root"
echo "$release" > "$folder/release"
