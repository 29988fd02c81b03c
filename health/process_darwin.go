package health

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of <sys/proc.h>.
const zombie = 5

// NewProcessTable returns the process table of this machine, asked by sysctl(3).
func NewProcessTable() ProcessTable { return sysctlTable{} }

type sysctlTable struct{}

// Fingerprint implements ProcessTable.
func (t sysctlTable) Fingerprint(panePID int) (ProcessFingerprint, error) {
	own, err := t.process(panePID)
	if err == nil && own.Eproc.Tpgid <= 0 {
		err = ErrNoTerminal
	}
	if err != nil {
		return ProcessFingerprint{}, fmt.Errorf("health: foreground of process %d: %w", panePID, err)
	}
	group := int(own.Eproc.Tpgid)
	leader, err := t.process(group)
	if errors.Is(err, ErrProcessGone) {
		return ProcessFingerprint{Group: group}, nil
	}
	if err != nil {
		return ProcessFingerprint{}, fmt.Errorf("health: foreground group %d of process %d: %w", group, panePID, err)
	}
	start := leader.Proc.P_starttime
	return ProcessFingerprint{
		Group: group,
		Start: uint64(start.Sec)*1_000_000 + uint64(start.Usec),
		Comm:  commOf(leader),
	}, nil
}

// Foreground implements ProcessTable. It lists the members of the group:
// launchers leave what they launch in their own.
func (t sysctlTable) Foreground(ctx context.Context, panePID int) (ForegroundInfo, error) {
	for range 2 {
		before, err := t.Fingerprint(panePID)
		if err != nil {
			return ForegroundInfo{}, err
		}
		members, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", before.Group)
		if err != nil {
			return ForegroundInfo{}, fmt.Errorf("health: members of group %d: %w", before.Group, sysctlError(err))
		}
		found := t.list(ctx, members, before.Group)
		if err := ctx.Err(); err != nil {
			return ForegroundInfo{}, fmt.Errorf("health: foreground of process %d: %w", panePID, err)
		}
		after, err := t.Fingerprint(panePID)
		if err != nil {
			return ForegroundInfo{}, err
		}
		if before == after {
			return ForegroundInfo{Fingerprint: after, Processes: found}, nil
		}
	}
	return ForegroundInfo{}, fmt.Errorf("health: foreground of process %d: %w", panePID, ErrProcessChanged)
}

// list turns the members of a group into processes, the leader first.
func (t sysctlTable) list(ctx context.Context, members []unix.KinfoProc, group int) []Process {
	found := []Process{}
	for _, leaders := range []bool{true, false} {
		for i := range members {
			m := &members[i]
			pid := int(m.Proc.P_pid)
			if (pid == group) != leaders || m.Proc.P_stat == zombie {
				continue
			}
			if len(found) == maxProcesses || ctx.Err() != nil {
				return found
			}
			found = append(found, Process{
				PID: pid, PPID: int(m.Eproc.Ppid), Comm: commOf(m), Args: t.args(pid), Foreground: true,
			})
		}
	}
	return found
}

// process returns the kernel's record of a process.
func (sysctlTable) process(pid int) (*unix.KinfoProc, error) {
	if pid <= 0 {
		return nil, ErrProcessGone
	}
	record, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return nil, sysctlError(err)
	}
	if int(record.Proc.P_pid) != pid || record.Proc.P_stat == zombie {
		return nil, ErrProcessGone
	}
	return record, nil
}

// args reads a command line. The system tells those of our own user's processes
// only; nil stands for one that cannot be read.
func (sysctlTable) args(pid int) []string {
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(raw) < 4 {
		return nil
	}
	count := int(binary.LittleEndian.Uint32(raw))
	return parseProcArgs(string(raw[4:]), count)
}

func commOf(record *unix.KinfoProc) string {
	name, _, _ := bytes.Cut(record.Proc.P_comm[:], []byte{0})
	return string(name)
}

// sysctlError names what is wrong in our words. For a process that does not
// exist the answer is empty, which the library reports as EIO.
func sysctlError(err error) error {
	switch {
	case errors.Is(err, unix.EIO), errors.Is(err, unix.ESRCH):
		return fmt.Errorf("%w: %w", ErrProcessGone, err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: %w", ErrProcessAccess, err)
	default:
		return err
	}
}
