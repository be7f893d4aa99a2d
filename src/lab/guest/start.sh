#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Brings a lab machine up: file systems, modules, network, keys. Its name and keys come from outside, through QEMU's firmware
# configuration device, so that the image is the same for all.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
say() { echo "vswbench-lab: $*" > /dev/console; }

mkdir -p /dev/pts /dev/shm /dev/hugepages
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
mount -t hugetlbfs hugetlbfs /dev/hugepages
mkdir -p /run/sshd /run/lock /run/vswbench-lab
ln -sf /proc/self/fd /dev/fd

for module in qemu_fw_cfg virtio_net igb bridge veth tun openvswitch; do
    modprobe "$module" || say "cannot load $module"
done
given=/sys/firmware/qemu_fw_cfg/by_name/opt/vswbench-lab
hostname "$(cat "$given/name/raw")"
(umask 077; cat "$given/host_key/raw" > /run/vswbench-lab/host_key)
cat "$given/authorized_keys/raw" > /run/vswbench-lab/authorized_keys

ip link set lo up
for device in /sys/class/net/*/device/driver; do
    name=${device#/sys/class/net/}
    name=${name%%/*}
    case $(readlink "$device") in
        */virtio_net)
            ip link set "$name" name management
            ip address add 10.0.2.15/24 dev management
            ip link set management up ;;
        */igb)
            # As on a server that waits for work: up, and without an address. IPv6 would talk by itself.
            ip link set "$name" name cable0
            echo 1 > /proc/sys/net/ipv6/conf/cable0/disable_ipv6
            # The emulated card loses what it should cut into datagrams (QEMU 10.0): the kernel does it.
            ethtool -K cable0 tx-udp-segmentation off
            ip link set cable0 up ;;
    esac
done

# Port 22 in state LISTEN: whoever waits for this line can log in.
(
    until grep -q ':0016 00000000:0000 0A' /proc/net/tcp; do sleep 0.1; done
    say ready
) &
