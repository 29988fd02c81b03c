package socket

import (
	"fmt"
	"net"
	"os"

	"agentwatch/engine/api"
)

// checkPeer tells whether the process at the other end is of our user
// (api.ErrForeign).
func checkPeer(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("other end: %w", err)
	}
	uid, failed := 0, error(nil)
	if err := raw.Control(func(fd uintptr) { uid, failed = peerUID(int(fd)) }); err != nil {
		return fmt.Errorf("other end: %w", err)
	}
	if failed != nil {
		return fmt.Errorf("user of the other end: %w", failed)
	}
	return checkUID(uid)
}

func checkUID(uid int) error {
	if uid != os.Getuid() {
		return fmt.Errorf("%w: the other end of the socket is of user %d", api.ErrForeign, uid)
	}
	return nil
}
