#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lets the hardware's watchdog know that the machine is alive, and can be reached: that programs run, and that the host answers over the
# interface that SSH takes. Without a word for so long the machine is reset: soon enough to be back while a campaign waits for it. Never
# closed properly, so that nothing stops it.
export PATH=/usr/sbin:/usr/bin
HEARTBEAT_S=45
modprobe i6300esb heartbeat=$HEARTBEAT_S && [ -c /dev/watchdog ] || exec sleep infinity
exec 3> /dev/watchdog
while :; do
    # The host's end of QEMU's own network.
    ping -c 1 -W 10 10.0.2.2 > /dev/null 2>&1 && echo >&3
    sleep 5
done
