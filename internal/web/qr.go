package web

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/piglig/go-qr"
)

// ErrNoPage is returned when no page is served.
var ErrNoPage = errors.New("no page is served")

// CodeLasts is how long a pairing code can be used.
const CodeLasts = codeLasts

// NewLink makes a code and returns the address that a device is to open: the code is
// in the fragment, which no server and no log gets to see.
func NewLink(ctx context.Context, store *Store, now time.Time) (string, error) {
	base, err := store.Address()
	switch {
	case err != nil:
		return "", err
	case base == "":
		return "", ErrNoPage
	}
	code, err := store.NewCode(ctx, now)
	return base + "/#pair=" + code, err
}

// quietZone is how many light modules a QR code needs around it. Four is what the
// standard asks; two is read by every camera, and fits more terminals.
const quietZone = 2

// QR draws a text as a QR code, two modules to a cell: dark ones are the terminal's
// foreground, light ones its background.
func QR(text string) ([]string, error) {
	code, err := go_qr.EncodeText(text, go_qr.Low)
	if err != nil {
		return nil, err
	}
	var rows []string
	size := code.Size()
	for y := -quietZone; y < size+quietZone; y += 2 {
		var row strings.Builder
		for x := -quietZone; x < size+quietZone; x++ {
			row.WriteString(halves(code.Module(x, y), code.Module(x, y+1)))
		}
		rows = append(rows, row.String())
	}
	return rows, nil
}

// halves is a cell with an upper and a lower module.
func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	default:
		return " "
	}
}
