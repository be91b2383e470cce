package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets serves the embedded files. Each has two addresses: its plain name,
// which may change its content, and one that carries a hash of the content and
// may be kept forever. Files added by other packages are served alike.
type assets struct {
	files  map[string]asset  // by plain and by hashed name
	hashed map[string]string // plain name → hashed name
}

type asset struct {
	body    []byte
	zipped  []byte // by gzip; nil where that saves nothing
	name    string
	forever bool // this name never changes its content
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}, hashed: map[string]string{}}
	sub, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	return a, a.add(sub)
}

// AddAssets serves a package's own files below /assets/, beside the shared
// ones; {{asset "name"}} finds them. Call it before Templates and Mount.
func (k *Kit) AddAssets(fsys fs.FS) error { return k.assets.add(fsys) }

// AddAsset does the same for one file.
func (k *Kit) AddAsset(name string, body []byte) error { return k.assets.addFile(name, body) }

func (a *assets) add(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return a.addFile(name, body)
	})
}

func (a *assets) addFile(name string, body []byte) error {
	if _, taken := a.files[name]; taken {
		return fmt.Errorf("asset %s: there are two", name)
	}
	zipped, err := zip(name, body)
	if err != nil {
		return err
	}
	hashed := hashedName(name, body)
	// The names of vendored files carry their version.
	a.files[name] = asset{body: body, zipped: zipped, name: name, forever: strings.HasPrefix(name, "vendor/")}
	a.files[hashed] = asset{body: body, zipped: zipped, name: name, forever: true}
	a.hashed[name] = hashed
	return nil
}

// hashedName puts the first 12 digits of the content's SHA-256 before the extension.
func hashedName(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

// path returns the address of a file for good.
func (a *assets) path(name string) (string, error) {
	hashed, ok := a.hashed[name]
	if !ok {
		return "", fmt.Errorf("asset %s: there is none", name)
	}
	return "/assets/" + hashed, nil
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a.files[r.PathValue("file")]
	if !ok {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if found.forever {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := found.body
	if found.zipped != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
			w.Header().Set("Content-Encoding", "gzip")
			body = found.zipped
		}
	}
	http.ServeContent(w, r, found.name, time.Time{}, bytes.NewReader(body))
}

// zip compresses text files; fonts and images are compressed already.
func zip(name string, body []byte) ([]byte, error) {
	switch path.Ext(name) {
	case ".css", ".js", ".svg":
	default:
		return nil, nil
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
