package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Options say where the hub is and who we are there.
type Options struct {
	// URL is redis://HOST:PORT, rediss://HOST:PORT (TLS) or unix:///PATH. With
	// ?master_set=NAME the address is that of a Sentinel.
	URL string
	// Fleet is the name under which the hosts of one fleet are kept.
	Fleet string
	// User is the ACL user; its password is in PasswordFile, or in Password.
	User, PasswordFile, Password string
	// CA, Cert and Key are the PEM files of TLS; empty for the system's.
	CA, Cert, Key string
	// Insecure allows redis:// to other machines, where everybody on the way can read
	// and change what is written.
	Insecure bool
	// Observe is told what was exchanged with the hub, from several goroutines; nil for
	// nobody.
	Observe func(Operation)
}

const (
	// DefaultFleet is the fleet of those who name none.
	DefaultFleet = "main"
	// PasswordVariable is the environment variable with the password.
	PasswordVariable = "AGENTWATCH_HUB_PASSWORD"
	// writeTime bounds a write and the wait for its answer, dialTime a connection.
	writeTime = 3 * time.Second
	dialTime  = 3 * time.Second
	// topologyEvery is how often Sentinels are asked who is the master.
	topologyEvery = 5 * time.Second
)

// Errors of options.
var (
	errURL      = errors.New("the hub's address must be redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")
	errInsecure = errors.New("redis:// sends everything unencrypted: use rediss://, or set insecure = true in [fleet] where the network is yours alone")
	errSecret   = errors.New("the password does not belong into the address, which others can read: write it to a file of mode 0600 (password_file), or into " + PasswordVariable)
)

// Check says what is wrong with the options; nil for nothing.
func (o Options) Check() error {
	_, err := o.client()
	return err
}

// address is the URL, read.
func (o Options) address() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errURL
	}
	if _, secret := u.User.Password(); secret {
		return nil, errSecret
	}
	switch {
	case u.Scheme == "unix" && u.Path != "":
		return u, nil
	case u.Scheme != "redis" && u.Scheme != "rediss", u.Hostname() == "":
		return nil, errURL
	}
	if u.Scheme == "redis" && !o.Insecure && !isLoopback(u.Hostname()) {
		return nil, errInsecure
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// password reads the password.
func (o Options) password() (string, error) {
	if o.PasswordFile == "" {
		return o.Password, nil
	}
	info, err := os.Stat(o.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the hub's password: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("others can read %s (mode %04o): chmod 600 it", o.PasswordFile, mode)
	}
	data, err := os.ReadFile(o.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the hub's password: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Secret is the password that is used.
func (o Options) Secret() (string, error) { return o.password() }

// tls is how connections are encrypted.
func (o Options) tls(server string) (*tls.Config, error) {
	c := &tls.Config{ServerName: server, MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("read the hub's CA: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("there is no certificate in %s", o.CA)
		}
	}
	if o.Cert != "" || o.Key != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for the hub: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// client is how all connect.
func (o Options) client() (rueidis.ClientOption, error) {
	c := rueidis.ClientOption{
		ClientName: "agentwatch", ClientSetInfo: rueidis.DisableClientSetInfo, DisableRetry: true, ConnWriteTimeout: writeTime,
		Dialer: net.Dialer{Timeout: dialTime, KeepAlive: time.Second}, PipelineMultiplex: -1, RingScaleEachConn: 8, Username: o.User,
	}
	if !fleetPattern.MatchString(o.Fleet) {
		return c, fmt.Errorf("%q cannot be the name of a fleet: letters, digits, dots, dashes and underscores, 63 at most", o.Fleet)
	}
	u, err := o.address()
	if err != nil {
		return c, err
	}
	if c.Password, err = o.password(); err != nil {
		return c, err
	}
	if c.Username == "" {
		c.Username = u.User.Username()
	}
	if u.Scheme == "unix" {
		c.InitAddress = []string{u.Path}
		c.ForceSingleClient = true
		c.DialCtxFn = func(ctx context.Context, path string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
		return c, nil
	}
	if u.Scheme == "rediss" {
		if c.TLSConfig, err = o.tls(u.Hostname()); err != nil {
			return c, err
		}
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	c.InitAddress = []string{net.JoinHostPort(u.Hostname(), port)}
	if c.Sentinel.MasterSet = u.Query().Get("master_set"); c.Sentinel.MasterSet != "" {
		c.Sentinel.TopologyRefreshInterval = topologyEvery
		c.Sentinel.TLSConfig = c.TLSConfig
		if c.TLSConfig != nil {
			// The master's name is not the Sentinel's.
			c.TLSConfig = c.TLSConfig.Clone()
			c.TLSConfig.ServerName = ""
		}
		return c, nil
	}
	// A cluster that is named by one address is asked through it: all keys of a fleet
	// have one hash tag.
	c.ForceSingleClient = true
	return c, nil
}

// watchedConn tells when its other side has ended.
type watchedConn struct {
	net.Conn
	lost func()
}

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.lost()
	}
	return n, err
}

// dialing lets opened know of each new connection, and lost of each one that has
// ended: rueidis makes another only when the next command is sent.
func dialing(c *rueidis.ClientOption, opened, lost func()) {
	dial := c.DialCtxFn
	if dial == nil {
		dial = func(ctx context.Context, address string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
			if config != nil {
				return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", address)
			}
			return dialer.DialContext(ctx, "tcp", address)
		}
	}
	c.DialCtxFn = func(ctx context.Context, address string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
		conn, err := dial(ctx, address, dialer, config)
		if err != nil {
			return nil, err
		}
		opened()
		return &watchedConn{conn, lost}, nil
	}
}

// Error is why the hub cannot be used, with what helps.
type Error struct {
	cause error
	text  string
}

// Error says it in a line.
func (e *Error) Error() string { return e.text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// explained says what helps against an error of the hub's.
func explained(err error) error {
	if err == nil || errors.As(err, new(*Error)) {
		return err
	}
	said := clean(err.Error())
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(said, word) {
				return true
			}
		}
		return false
	}
	var unknown x509.UnknownAuthorityError
	help := ""
	switch {
	case has("NOPERM", "no permissions"):
		help = "its ACL does not allow this: set the user up as `agentwatch hub acl` prints"
	case errors.Is(err, rueidis.ErrNoCache), has("ErrNoCache", "not supporting client-side caching"):
		help = "it does not speak RESP3 with client-side caching: Redis 6.2 or later is needed, and no proxy in between that speaks RESP2"
	case has("WRONGPASS", "invalid username-password"):
		help = "the user or password is wrong: see user and password_file in [fleet], or " + PasswordVariable
	case has("NOAUTH"):
		help = "it wants a user and a password: see user and password_file in [fleet]"
	case has("unknown command", "syntax error"):
		help = "this Redis is too old: 6.2 or later is needed"
	case errors.As(err, &unknown), has("unknown authority"):
		help = "its certificate is signed by nobody known here: set ca in [fleet]"
	case has("certificate is not valid for", "doesn't contain any IP SANs", "certificate is valid for"):
		help = "its certificate is for another name than the address has"
	case has("certificate required", "bad certificate"):
		help = "it wants a certificate of ours: see cert and key in [fleet]"
	case has("connection reset", "broken pipe", "EOF"):
		help = "it ends the connection; where it goes on doing so, it wants TLS (rediss://), or a certificate of ours (cert and key in [fleet])"
	case has("first record does not look like a TLS handshake"):
		help = "it does not speak TLS: redis:// instead of rediss://"
	case has("connection refused"):
		help = "nothing listens there"
	case has("no such host"):
		help = "there is no such name"
	case has("READONLY"):
		help = "it is a replica: name the master, or the Sentinels with ?master_set="
	case has("MISCONF", "OOM"):
		help = "it takes no writes now: look at its log"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), has("i/o timeout"):
		help = "it does not answer in time"
	}
	if help != "" {
		said += ": " + help
	}
	return &Error{cause: err, text: said}
}
