package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"agentwatch/ui/sanitize"
)

const (
	// maxPairing bounds the body of a request to pair, maxDeviceName the name of a
	// device in characters.
	maxPairing    = 4 << 10
	maxDeviceName = 40
)

// servePair exchanges a one-time code for a token.
func (s *Server) servePair(w http.ResponseWriter, r *http.Request) {
	if s.refusesWrong(w, r) {
		return
	}
	// Other pages could send a form without asking; they cannot send this.
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "send application/json")
		return
	}
	var asked struct{ Code, Name string }
	if err := json.NewDecoder(io.LimitReader(r.Body, maxPairing)).Decode(&asked); err != nil || asked.Code == "" {
		refuse(w, http.StatusBadRequest, `send {"code": ..., "name": ...}`)
		return
	}
	device, token, err := s.options.Store.Pair(r.Context(), strings.ToUpper(strings.TrimSpace(asked.Code)), deviceName(asked.Name), s.options.Now())
	switch {
	case errors.Is(err, ErrCode):
		s.limiter.fail(addressOf(r))
		refuse(w, http.StatusForbidden, err.Error())
	case errors.Is(err, ErrFull):
		refuse(w, http.StatusConflict, err.Error())
	case err != nil:
		refuse(w, http.StatusInternalServerError, err.Error())
	default:
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"token": token, "device": device.Name, "id": device.ID})
	}
}

// deviceName is what a device wants to be called, made fit to be shown.
func deviceName(wanted string) string {
	name := []rune(strings.Join(strings.Fields(sanitize.Text(wanted)), " "))
	if len(name) == 0 {
		return "browser"
	}
	return strings.TrimSpace(string(name[:min(len(name), maxDeviceName)]))
}
