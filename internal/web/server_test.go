package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestOnlyTheServersOwnNamesAndOriginsAreServed(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"", "", http.StatusOK},
		{"localhost:9", "", http.StatusOK},
		{"evil.example", "", http.StatusForbidden},
		{"127.0.0.1.evil.example", "", http.StatusForbidden},
		{"", s.base, http.StatusOK},
		{"", "http://evil.example", http.StatusForbidden},
		{"", "null", http.StatusForbidden},
		{"", "file://127.0.0.1", http.StatusForbidden},
		{"", "http://127.0.0.1.evil.example", http.StatusForbidden},
	} {
		request, _ := http.NewRequest(http.MethodGet, s.base+"/", nil)
		var headers []string
		if c.host != "" {
			headers = append(headers, "Host", c.host)
		}
		if c.origin != "" {
			headers = append(headers, "Origin", c.origin)
		}
		if got, text := s.send(request, headers...); got != c.want {
			t.Errorf("host %q, origin %q: %d, want %d: %s", c.host, c.origin, got, c.want, text)
		}
	}
	if _, response, err := s.dial(http.Header{"Origin": {"http://evil.example"}}); err == nil || response == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("a WebSocket of a foreign page: %v %v", response, err)
	}
}

func TestEveryAnswerForbidsThePageEverythingButItself(t *testing.T) {
	s := serve(t, nil)
	for _, path := range []string{"/", "/app.js", "/nothing", "/pair"} {
		response, err := http.Get(s.base + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		got := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(got, "default-src 'none'") || !strings.Contains(got, "frame-ancestors 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
}

func TestACodePairsOneDeviceOnce(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(2)))
	code := s.code()
	status, text := s.post("/pair", `{"code": "`+strings.ToLower(code)+`", "name": " my\u0000 \u202ephone "}`)
	var paired struct{ Token, Device, ID string }
	if err := json.Unmarshal([]byte(text), &paired); err != nil || status != http.StatusOK || len(paired.Token) != 43 || paired.Device != "my phone" {
		t.Fatalf("%d %s", status, text)
	}
	if b := s.open(paired.Token); b.hello["device"] != "my phone" || b.hello["answers"] != false {
		t.Errorf("%v", b.hello)
	}
	if status, text = s.post("/pair", `{"code": "`+code+`"}`); status != http.StatusForbidden {
		t.Errorf("the code works twice: %d %s", status, text)
	}
	data, err := os.ReadFile(s.store.path)
	if err != nil || strings.Contains(string(data), paired.Token) || strings.Contains(string(data), code) {
		t.Errorf("the file has a secret: %v\n%s", err, data)
	}
	if info, err := os.Stat(s.store.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestACodeExpires(t *testing.T) {
	s := serve(t, nil)
	code := s.code()
	ctx, now := context.Background(), time.Now()
	if _, _, err := s.store.Pair(ctx, code, "late", now.Add(codeLasts)); !errors.Is(err, ErrCode) {
		t.Errorf("after ten minutes: %v", err)
	}
	if _, _, err := s.store.Pair(ctx, code, "in time", now.Add(codeLasts-time.Second)); err != nil {
		t.Errorf("a second before: %v", err)
	}
}

func TestAfterFiveWrongSecretsAnAddressIsRefusedForAMinute(t *testing.T) {
	s := serve(t, nil)
	token := s.token("phone")
	for range 2 {
		if status, _ := s.post("/pair", `{"code": "WRONG"}`); status != http.StatusForbidden {
			t.Fatal(status)
		}
	}
	for range 3 {
		conn, _, err := s.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"auth": {"token": "wrong"}}`))
		if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != codeToken {
			t.Fatalf("a wrong token: %v", err)
		}
		cancel()
	}
	code := s.code()
	if status, text := s.post("/pair", `{"code": "`+code+`"}`); status != http.StatusTooManyRequests {
		t.Errorf("the sixth: %d %s", status, text)
	}
	if _, response, err := s.dial(nil); err == nil || response == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a WebSocket: %v %v", response, err)
	}
	// A minute later it is heard again.
	s.later.Store(int64(wrongWindow + time.Second))
	s.monitor.show(snapshot(agents(1)))
	s.open(token)
}

func TestOnlyJSONPairs(t *testing.T) {
	s := serve(t, nil)
	request, _ := http.NewRequest(http.MethodPost, s.base+"/pair", strings.NewReader(`{"code": "`+s.code()+`"}`))
	request.Header.Set("Content-Type", "text/plain")
	if status, text := s.send(request); status != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another page: %d %s", status, text)
	}
}

func TestARevokedDeviceIsPutOutAtOnce(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	token := s.token("phone")
	b := s.open(token)
	// By another process, as `agentwatch web devices revoke` does.
	if d, err := NewStore(s.store.path).Revoke(context.Background(), "phone"); err != nil || d.Name != "phone" {
		t.Fatal(err)
	}
	for {
		err := b.read()
		if err == nil {
			continue
		}
		if websocket.CloseStatus(err) != codeToken {
			t.Errorf("it is closed with %v", err)
		}
		break
	}
	if _, err := s.store.Device(token); !errors.Is(err, ErrToken) {
		t.Errorf("its token: %v", err)
	}
	if _, err := s.store.Revoke(context.Background(), "phone"); !errors.Is(err, ErrDevice) {
		t.Errorf("a second time: %v", err)
	}
}

func TestWhoSaysNothingIsCutOffAndTakesNobodysPlace(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	token := s.token("phone")
	for range maxStrangers {
		conn, _, err := s.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
	}
	if _, response, err := s.dial(nil); err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one more stranger: %v %v", response, err)
	}
	s.await("the strangers to be cut off", func() bool { return s.strangers.Load() == 0 })
	s.later.Store(int64(time.Hour)) // silence counts as a wrong token
	s.open(token)
}

func TestThirtyTwoPagesAreServedAndNotOneMore(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	token := s.token("phone")
	for range maxPages {
		s.open(token)
	}
	conn, _, err := s.dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = conn.Write(ctx, websocket.MessageText, []byte(`{"auth": {"token": "`+token+`"}}`))
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != codeTooMany {
		t.Errorf("the 33rd: %v", err)
	}
}

func TestAMessageThatIsTooLargeEndsTheConnection(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	b.say(map[string]any{"follow": map[string]any{"panes": []string{strings.Repeat("x", maxMessage)}}})
	for {
		err := b.read()
		if err == nil {
			continue
		}
		if websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("it is closed with %v", err)
		}
		return
	}
}

func TestTheVendoredModuleIsTheOneThatWasLookedAt(t *testing.T) {
	data, err := files.ReadFile("page/vendor/preact-htm.js")
	if err != nil {
		t.Fatal(err)
	}
	// preact/standalone.module.js of htm 3.1.1 from npm.
	const want = "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
		t.Errorf("sha256 %x, want %s", sum, want)
	}
}

func TestNothingOfThePageMakesMarkupOfText(t *testing.T) {
	err := fs.WalkDir(files, "page", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Dir(name) == "page/vendor" || path.Ext(name) != ".js" {
			return err
		}
		data, err := files.ReadFile(name)
		for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML", "document.write", "eval(", "new Function", "DOMParser", "createContextualFragment", "setHTML"} {
			if strings.Contains(string(data), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
