package app_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// sealedHouse is a data directory with a workspace, and its master key.
func sealedHouse(t *testing.T, in func(h *app.House, w greenroom.Workspace)) (dir string, master []byte) {
	t.Helper()
	dir = t.TempDir()
	h, err := app.OpenService(t.Context(), app.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	w, err := h.Service.CreateWorkspace(t.Context(), "Sales team", "", false)
	if err != nil {
		t.Fatal(err)
	}
	if in != nil {
		in(h, w)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if master, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text))); err != nil {
		t.Fatal(err)
	}
	return dir, master
}

func TestNothingOpensWithoutTheRightMasterKey(t *testing.T) {
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for name, row := range map[string]struct {
		file string // what is in master.key in its place; "-": it is gone
		env  string
		want string // the sentence, empty if it opens
	}{
		"the right file":                 {"", "", ""},
		"the file is gone":               {"-", "", "the master key is missing"},
		"another key in the file":        {other, "", "is not the one that sealed this database"},
		"half a key in the file":         {other[:20], "", "the master key must be 32 bytes"},
		"another key in the variable":    {"", other, "the master key in GREENROOM_MASTER_KEY is not the one that sealed this database"},
		"no key in the variable":         {"", "secret", "GREENROOM_MASTER_KEY: the master key must be 32 bytes"},
		"file gone, another by variable": {"-", other, "the master key in GREENROOM_MASTER_KEY is not"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := sealedHouse(t, nil)
			file := filepath.Join(dir, "master.key")
			var err error
			switch row.file {
			case "":
			case "-":
				err = os.Remove(file)
			default:
				err = os.WriteFile(file, []byte(row.file), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			h, err := app.OpenService(t.Context(), app.Config{DataDir: dir, MasterKey: row.env})
			if row.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := h.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			if _, err := os.Stat(file); row.file == "-" && !os.IsNotExist(err) {
				t.Error("a new master key was made")
			}
		})
	}
}

// OWN-K02: whoever gets hold of the database's file has no key.
func TestDatabaseFileHoldsNoKeyInTheClear(t *testing.T) {
	var pairs []*rsa.PrivateKey
	dir, master := sealedHouse(t, func(h *app.House, w greenroom.Workspace) {
		if _, err := h.Service.RotateKey(t.Context(), greenroom.Operator(w.ID), false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Service.NewInvite(t.Context(), greenroom.Operator(w.ID)); err != nil {
			t.Fatal(err)
		}
		keys, err := h.Store.Workspace(w.ID).Keys(t.Context())
		if err != nil || len(keys) != 2 {
			t.Fatal(len(keys), err)
		}
		for _, k := range keys {
			pair, err := h.Service.Vault.OpenKey(w.ID, k)
			if err != nil {
				t.Fatal(err)
			}
			pairs = append(pairs, pair)
		}
	})
	secrets := map[string][]byte{"the master key": master}
	for _, pair := range pairs {
		pkcs8, err := x509.MarshalPKCS8PrivateKey(pair)
		if err != nil {
			t.Fatal(err)
		}
		id := hex.EncodeToString(pair.N.Bytes()[:4]) + " "
		secrets[id+"d"], secrets[id+"p"], secrets[id+"q"] = pair.D.Bytes(), pair.Primes[0].Bytes(), pair.Primes[1].Bytes()
		secrets[id+"PKCS #8"] = pkcs8
	}
	files, err := filepath.Glob(filepath.Join(dir, "greenroom.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "greenroom.db") && !bytes.Contains(content, pairs[0].N.Bytes()) {
			t.Error("not even the public half is there: the test looks at the wrong thing")
		}
		for name, secret := range secrets {
			for _, form := range [][]byte{
				secret, []byte(hex.EncodeToString(secret)),
				[]byte(base64.StdEncoding.EncodeToString(secret)), []byte(base64.RawURLEncoding.EncodeToString(secret)),
			} {
				if bytes.Contains(content, form) {
					t.Errorf("%s holds %s", filepath.Base(file), name)
				}
			}
		}
	}
}
