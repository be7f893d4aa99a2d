#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# First program of a lab machine: loads what its disk needs, and hands over to the Debian on it.
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do
    insmod "/modules/$module" || echo "vswbench-lab: cannot load $module"
done < /modules/order
mount -t ext4 /dev/vda /root || { echo "vswbench-lab: failed: the disk cannot be mounted"; poweroff -f; }
for folder in proc sys dev; do
    mount -o move "/$folder" "/root/$folder"
done
exec switch_root /root /sbin/init
