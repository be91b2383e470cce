package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// A file is one in an archive.
type file struct {
	content []byte
	mode    fs.FileMode
}

// A packer writes files, sorted by path and all of one time, into one archive.
type packer func(out *bytes.Buffer, names []string, files map[string]file, at time.Time) error

// pack puts all files below one folder.
func pack(p packer, folder string, files map[string]file, at time.Time) ([]byte, error) {
	below := make(map[string]file, len(files))
	for name, f := range files {
		below[folder+"/"+name] = f
	}
	var out bytes.Buffer
	err := p(&out, slices.Sorted(maps.Keys(below)), below, at)
	return out.Bytes(), err
}

// tarred is .tar.gz: no owner, no folder, no time but the given one.
func tarred(out *bytes.Buffer, names []string, files map[string]file, at time.Time) error {
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, name := range names {
		f := files[name]
		header := &tar.Header{Name: name, Mode: int64(f.mode.Perm()), Size: int64(len(f.content)), ModTime: at, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(f.content); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

// zipped is .zip, for Windows.
func zipped(out *bytes.Buffer, names []string, files map[string]file, at time.Time) error {
	z := zip.NewWriter(out)
	for _, name := range names {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		header.SetMode(files[name].mode)
		w, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name].content); err != nil {
			return err
		}
	}
	return z.Close()
}
