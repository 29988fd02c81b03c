package cli

import (
	"strings"
	"testing"

	"agentwatch/internal/web"
)

func TestWhereThePageIsServedIsCheckedBeforeAnythingStarts(t *testing.T) {
	for _, c := range []struct {
		config  webConfig
		base    string
		hosts   string
		problem string
	}{
		{webConfig{Listen: "127.0.0.1:7433"}, "http://127.0.0.1:7433", "127.0.0.1 localhost ::1", ""},
		{webConfig{Listen: "[::1]:7433"}, "http://[::1]:7433", "127.0.0.1 localhost ::1", ""},
		{webConfig{Listen: "127.0.0.1:7433", Name: "box.ts.net"}, "https://box.ts.net", "box.ts.net 127.0.0.1 localhost ::1", ""},
		{webConfig{Listen: "unix:/run/web.sock", Name: "box.example.org"}, "https://box.example.org", "box.example.org", ""},
		{webConfig{Listen: "0.0.0.0:7433", Name: "box.example.org", Cert: "c", Key: "k"}, "https://box.example.org:7433", "box.example.org", ""},
		{webConfig{Listen: "192.0.2.7:443", Cert: "c", Key: "k"}, "https://192.0.2.7:443", "192.0.2.7", ""},
		{webConfig{Listen: "192.0.2.7:7433"}, "", "", "ssh -L"},
		{webConfig{Listen: ":7433"}, "", "", "ssh -L"},
		{webConfig{Listen: "0.0.0.0:7433", Name: "box.example.org"}, "", "", "--cert"},
		{webConfig{Listen: "0.0.0.0:7433", Cert: "c", Key: "k"}, "", "", "--name"},
		{webConfig{Listen: "unix:/run/web.sock"}, "", "", "--name"},
		{webConfig{Listen: "127.0.0.1:7433", Cert: "c"}, "", "", "--key"},
		{webConfig{Listen: "7433"}, "", "", "ADDRESS:PORT"},
		{webConfig{Listen: "127.0.0.1:7433", Name: "a/b"}, "", "", "not a host name"},
	} {
		got, err := webOptions{webConfig: c.config}.address()
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%+v: %v, want %q in it", c.config, err, c.problem)
			}
		case err != nil || got.base != c.base || strings.Join(got.hosts, " ") != c.hosts:
			t.Errorf("%+v: %+v, %v", c.config, got, err)
		}
	}
}

func TestPairingWithoutAPageSaysHowToServeOne(t *testing.T) {
	code, _, complaints := runAt(t.TempDir(), "web", "pair")
	if code != exitError || !strings.Contains(complaints, "agentwatch web") {
		t.Errorf("exit code %d, stderr %q", code, complaints)
	}
	if code, _, complaints = runAt(t.TempDir(), "web", "devices"); code != exitOK || !strings.Contains(complaints, "no device") {
		t.Errorf("exit code %d, stderr %q", code, complaints)
	}
	if code, _, complaints = runAt(t.TempDir(), "web", "devices", "revoke", "phone"); code != exitError || !strings.Contains(complaints, "no such device") {
		t.Errorf("exit code %d, stderr %q", code, complaints)
	}
}

func TestAQRCodeHasARowForTwoModules(t *testing.T) {
	rows, err := web.QR("http://127.0.0.1:7433/#pair=ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if err != nil || len(rows) < 12 || len([]rune(rows[0])) > 2*len(rows) {
		t.Fatalf("%v\n%s", err, strings.Join(rows, "\n"))
	}
	// Its upper left corner is a square of seven modules, four rows high.
	if top := string([]rune(rows[1])[2:9]); top != "█▀▀▀▀▀█" {
		t.Errorf("%q in\n%s", top, strings.Join(rows, "\n"))
	}
}

func TestReadOnlyWinsOverAnswersFromThePage(t *testing.T) {
	for _, c := range []struct {
		file  string
		flag  bool
		allow bool
	}{
		{"", false, true},
		{"", true, false},
		{"read_only = true\n", false, false},
	} {
		h := newHome(t, c.file)
		p, _, _ := h.process()
		options, err := webOptions{webConfig: webConfig{AllowAnswers: true, AllowText: true}, watchOptions: watchOptions{readOnly: c.flag}}.page(p, nil)
		if err != nil || options.AllowAnswers != c.allow {
			t.Errorf("%q, flag %t: answers allowed %t, %v", c.file, c.flag, options.AllowAnswers, err)
		}
	}
}
