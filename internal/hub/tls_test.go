package hub

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for a test.
type authority struct {
	t      *testing.T
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, folder: t.TempDir()}
	a.cert, a.key = a.sign("ca", &x509.Certificate{
		Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign writes a certificate and its key to files of that name.
func (a *authority) sign(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = serial, time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{a.file(name + ".crt"): {Type: "CERTIFICATE", Bytes: der}, a.file(name + ".key"): {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, key
}

func (a *authority) file(name string) string { return filepath.Join(a.folder, name) }

// freePort is a port of loopback on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestAHubWithTLSIsUsedAndWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	ours.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	ours.sign("client", &x509.Certificate{Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	port := freePort(t)
	redis(t, "--tls-port", port, "--bind", "127.0.0.1", "--tls-cert-file", ours.file("server.crt"), "--tls-key-file", ours.file("server.key"),
		"--tls-ca-cert-file", ours.file("ca.crt"), "--tls-auth-clients", "yes")
	good := Options{URL: "rediss://127.0.0.1:" + port, Fleet: "test", CA: ours.file("ca.crt"), Cert: ours.file("client.crt"), Key: ours.file("client.key")}
	m := start(t, good, 1, 2)
	v := view(t, good)
	until(t, v, "the host", shows(1, 2))
	m.turn(0, wait("May I?"))
	until(t, v, "its question", func(all []Host) bool { return all[0].Agents[0].Dialog != nil })
	for _, f := range Check(context.Background(), good) {
		if f.What == "encryption" && !f.Well || f.What == "connection" && !f.Well {
			t.Errorf("%+v", f)
		}
	}

	unknown, anonymous, plain, elsewhere := good, good, good, good
	unknown.CA, anonymous.Cert, anonymous.Key = "", "", ""
	plain.URL = "redis://127.0.0.1:" + port
	elsewhere.URL = "rediss://localhost:" + port
	for _, c := range []struct {
		options Options
		want    string
	}{{unknown, "set ca in [fleet]"}, {anonymous, "cert and key in [fleet]"}, {plain, "rediss://"}, {elsewhere, "another name"}} {
		if err := problemOf(t, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.options.URL, err, c.want)
		}
	}
}
