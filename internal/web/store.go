package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/internal/flock"
	"agentwatch/internal/xdg"
)

const (
	// codeLasts is how long a pairing code can be used, once.
	codeLasts = 10 * time.Minute
	// maxDevices and maxCodes bound what is stored.
	maxDevices = 256
	maxCodes   = 32
	// lockTime bounds the wait for another process that writes the file.
	lockTime = 5 * time.Second
	// maxStore is how large the file may be.
	maxStore = 1 << 20
)

// Errors of the store.
var (
	// ErrCode is returned for a pairing code that is wrong, used, or too old.
	ErrCode = errors.New("the pairing code is wrong, was used already, or is too old")
	// ErrToken is returned for a token of no device.
	ErrToken = errors.New("no device has this token")
	// ErrDevice is returned when there is no such device, or more than one.
	ErrDevice = errors.New("no such device")
	// ErrFull is returned when no more devices can be paired.
	ErrFull = errors.New("too many devices are paired; revoke some")
)

// Device is a browser that has been paired. Its token is not stored, only a hash.
type Device struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Hash   []byte    `json:"hash"`
	Paired time.Time `json:"paired"`
	// Seen is when it connected last; zero for never.
	Seen time.Time `json:"seen,omitzero"`
}

// pairing is a code with which one device can be paired until it expires.
type pairing struct {
	Hash    []byte    `json:"hash"`
	Expires time.Time `json:"expires"`
}

// stored is the content of the file.
type stored struct {
	Devices []Device  `json:"devices,omitempty"`
	Codes   []pairing `json:"codes,omitempty"`
	// Address is that of the server that runs, empty when none does.
	Address string `json:"address,omitempty"`
}

// Store keeps the paired devices in a file that only the user can read. Several
// processes may use it at once. All methods are safe for concurrent use.
type Store struct {
	path string

	mu sync.Mutex
	// read is what was read last, of the file as it was then.
	read stored
	of   fs.FileInfo
}

// StorePath is where the devices are kept; empty when the user's folder for state is
// not known.
func StorePath(getenv func(string) string) string { return xdg.Below(xdg.State(getenv), "web.json") }

// NewStore returns the store of a file, which need not exist.
func NewStore(path string) *Store { return &Store{path: path} }

// hashOf is what is kept of a secret. Secrets have 128 bits and more, so that a
// slow hash would protect nothing.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// NewCode makes a pairing code.
func (s *Store) NewCode(ctx context.Context, now time.Time) (string, error) {
	code := rand.Text()
	err := s.change(ctx, func(f *stored) error {
		f.Codes = append(f.alive(now), pairing{hashOf(code), now.Add(codeLasts)})
		f.Codes = f.Codes[max(len(f.Codes)-maxCodes, 0):]
		return nil
	})
	return code, err
}

// alive are the codes that can still be used.
func (f *stored) alive(now time.Time) []pairing {
	return slices.DeleteFunc(f.Codes, func(c pairing) bool { return !now.Before(c.Expires) })
}

// Pair exchanges a code for a device and its token, which is told only here.
func (s *Store) Pair(ctx context.Context, code, name string, now time.Time) (d Device, token string, err error) {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	token = base64.RawURLEncoding.EncodeToString(secret)
	err = s.change(ctx, func(f *stored) error {
		f.Codes = f.alive(now)
		i := slices.IndexFunc(f.Codes, func(c pairing) bool { return subtle.ConstantTimeCompare(c.Hash, hashOf(code)) == 1 })
		switch {
		case i < 0:
			return ErrCode
		case len(f.Devices) >= maxDevices:
			return ErrFull
		}
		f.Codes = slices.Delete(f.Codes, i, i+1)
		d = Device{ID: strings.ToLower(rand.Text()[:8]), Name: f.free(name), Hash: hashOf(token), Paired: now}
		f.Devices = append(f.Devices, d)
		return nil
	})
	return d, token, err
}

// free is a name that no other device has.
func (f *stored) free(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(f.Devices, func(d Device) bool { return d.Name == name })
	}
	for n := 2; ; n++ {
		if numbered := fmt.Sprintf("%s %d", name, n); !taken(name) {
			return name
		} else if !taken(numbered) {
			return numbered
		}
	}
}

// Device returns the device of a token.
func (s *Store) Device(token string) (Device, error) {
	f, err := s.load()
	if err != nil {
		return Device{}, err
	}
	hash, found := hashOf(token), -1
	for i, d := range f.Devices {
		if subtle.ConstantTimeCompare(d.Hash, hash) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Device{}, ErrToken
	}
	return f.Devices[found], nil
}

// Knows reports whether a device is still paired. When that cannot be read it is.
func (s *Store) Knows(id string) bool {
	f, err := s.load()
	return err != nil || slices.ContainsFunc(f.Devices, func(d Device) bool { return d.ID == id })
}

// Saw notes that a device has connected.
func (s *Store) Saw(ctx context.Context, id string, now time.Time) error {
	return s.change(ctx, func(f *stored) error {
		for i := range f.Devices {
			if f.Devices[i].ID == id {
				f.Devices[i].Seen = now
			}
		}
		return nil
	})
}

// Devices lists the devices, in the order in which they were paired.
func (s *Store) Devices() ([]Device, error) {
	f, err := s.load()
	return f.Devices, err
}

// Revoke forgets the device of that ID or name, and returns it. Its connections end.
func (s *Store) Revoke(ctx context.Context, which string) (revoked Device, err error) {
	err = s.change(ctx, func(f *stored) error {
		i := slices.IndexFunc(f.Devices, func(d Device) bool { return d.ID == which || d.Name == which })
		if i < 0 {
			return fmt.Errorf("%w: %q", ErrDevice, which)
		}
		revoked = f.Devices[i]
		f.Devices = slices.Delete(f.Devices, i, i+1)
		return nil
	})
	return revoked, err
}

// SetAddress says where the page is served; empty for nowhere any more.
func (s *Store) SetAddress(ctx context.Context, address string) error {
	return s.change(ctx, func(f *stored) error { f.Address = address; return nil })
}

// Address is where the page is served; empty for nowhere. A server that was killed
// leaves its address.
func (s *Store) Address() (string, error) {
	f, err := s.load()
	return f.Address, err
}

// load reads the file when it has changed. What it returns must not be changed.
func (s *Store) load() (stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.read, s.of = stored{}, nil
		return s.read, nil
	case err != nil:
		return stored{}, err
	case s.of != nil && os.SameFile(info, s.of) && info.ModTime().Equal(s.of.ModTime()) && info.Size() == s.of.Size():
		return s.read, nil
	}
	if info.Size() > maxStore {
		return stored{}, fmt.Errorf("%s has %d bytes, which agentwatch did not write", s.path, info.Size())
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return stored{}, err
	}
	var f stored
	if err := json.Unmarshal(data, &f); err != nil {
		return stored{}, fmt.Errorf("%s: %w; remove it and pair all devices anew", s.path, err)
	}
	s.read, s.of = f, info
	return f, nil
}

// change changes the file: under a lock, and by a rename, so that a reader finds it
// as it was or as it will be.
func (s *Store) change(ctx context.Context, edit func(*stored) error) error {
	if s.path == "" {
		return errors.New("there is no folder to keep the devices in: set HOME or XDG_STATE_HOME")
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	lock, err := flock.Wait(ctx, s.path+".lock")
	if err != nil {
		return err
	}
	defer lock.Release()
	f, err := s.load()
	if err != nil {
		return err
	}
	f.Devices, f.Codes = slices.Clone(f.Devices), slices.Clone(f.Codes)
	if err := edit(&f); err != nil {
		return err
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	next := s.path + ".new"
	if err := os.WriteFile(next, append(data, '\n'), 0o600); err != nil {
		return err
	}
	// A file that was there already keeps its mode.
	if err := errors.Join(os.Chmod(next, 0o600), os.Rename(next, s.path)); err != nil {
		return err
	}
	return nil
}
