package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// files are those of the page. They are served as they are: there is no build step.
//
//go:embed page
var files embed.FS

// asset is a file of the page.
type asset struct {
	data []byte
	kind string
	tag  string
}

// newAssets reads the files of the page and writes those that come from the themes.
func newAssets(t Themes) (map[string]asset, error) {
	all := make(map[string]asset)
	add := func(name, kind string, data []byte) {
		sum := sha256.Sum256(data)
		all[name] = asset{data, kind, `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	kinds := map[string]string{".js": "text/javascript; charset=utf-8", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml"}
	err := fs.WalkDir(files, "page", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		kind := kinds[path.Ext(name)]
		if kind == "" {
			kind = mime.TypeByExtension(path.Ext(name))
		}
		add(strings.TrimPrefix(name, "page"), kind, data)
		return err
	})
	if err != nil {
		return nil, err
	}
	css, err := themesCSS(t)
	if err != nil {
		return nil, err
	}
	add("/themes.css", "text/css; charset=utf-8", []byte(css))
	return all, nil
}

// serveAsset serves a file of the page. None of them is secret.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if name == "/" {
		name = "/index.html"
	}
	a, known := s.assets[name]
	if !known {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no %q", r.URL.Path))
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(len(a.data)))
	// A page that is gone needs no answer.
	_, _ = w.Write(a.data)
}
