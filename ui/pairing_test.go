package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestThePaletteShowsHowToPairADevice(t *testing.T) {
	qr := []string{"█▀▀█", "█▄▄█"}
	var failed error
	o := Options{Pair: func(context.Context) (Pairing, error) {
		return Pairing{Link: "http://127.0.0.1:7433/#pair=ABC", QR: qr}, failed
	}}
	drive(t, o, 100, 30, scene(), func(d *driver) {
		pair := func() string {
			d.press(":")
			for _, r := range "pair" {
				d.press(string(r))
			}
			d.press("enter")
			return ansi.Strip(d.m.View().Content)
		}
		shown := pair()
		for _, want := range append(qr, "http://127.0.0.1:7433/#pair=ABC", "works once") {
			if !strings.Contains(shown, want) {
				t.Errorf("%q is not shown:\n%s", want, shown)
			}
		}
		d.press("esc")
		failed = errors.New("no page is served; start one with: agentwatch web")
		if shown = pair(); !strings.Contains(shown, "start one with: agentwatch web") {
			t.Errorf("why there is none is not shown:\n%s", shown)
		}
	})
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press(":", "w", "e", "b", ":")
		if shown := ansi.Strip(d.m.View().Content); strings.Contains(shown, "pair a phone") {
			t.Errorf("it is offered where there is no page:\n%s", shown)
		}
	})
}
