package kinds

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"agentwatch/health"
)

// ManifestName is the file of a pack that says what is in it.
const ManifestName = "pack.toml"

// ScreensName is the file of a pack with labelled screens, by which it can be
// scored; a pack need not have it.
const ScreensName = "screens.jsonl.gz"

// packsFolder is where packs are installed, below the folder of the profiles.
const packsFolder = "packs"

// Limits of a pack.
const (
	maxPackFiles = 64
	maxScreens   = 32 << 20
)

// ErrPack is wrapped by every error about the content of a pack.
var ErrPack = errors.New("profile pack is not valid")

// Manifest says what is in a pack.
type Manifest struct {
	// Name is what the pack is installed under, Version its maker's.
	Name    string `toml:"name" json:"name"`
	Version string `toml:"version" json:"version"`
	// Summary is one line on what it is for.
	Summary string `toml:"summary,omitempty" json:"summary,omitempty"`
	// Files are the pack's files with their SHA-256, in hexadecimal digits.
	Files map[string]string `toml:"files" json:"files"`
}

// Pack is a set of profiles that was read and whose checksums are right.
type Pack struct {
	Manifest
	// Profiles are its profiles, by name.
	Profiles []health.ProfileFile
	// Screens are its labelled screens, as in the file; nil when it has none.
	Screens []byte

	texts map[string][]byte
}

var (
	packName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	fileName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)
)

// ReadPack reads a pack from a folder or a .tar.gz archive and checks it: every
// file is named by the manifest, and has the checksum that it gives. That its
// profiles are valid is found out by whoever uses them.
func ReadPack(name string) (*Pack, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	var texts map[string][]byte
	if info.IsDir() {
		texts, err = readPackFolder(name)
	} else {
		texts, err = readPackArchive(name)
	}
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	p, err := newPack(name, texts)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	return p, nil
}

func readPackFolder(folder string) (map[string][]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	texts := make(map[string][]byte)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if !entry.Type().IsRegular() {
			return nil, fmt.Errorf("%w: %s is not a regular file", ErrPack, entry.Name())
		}
		file, err := os.Open(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		err = addPackFile(texts, entry.Name(), file)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func readPackArchive(name string) (texts map[string][]byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%w: it is neither a folder nor a .tar.gz archive: %w", ErrPack, err)
	}
	texts = make(map[string][]byte)
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPack, err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
		case tar.TypeReg:
			// The folder that an archive usually has its files in does not matter.
			if err := addPackFile(texts, path.Base(path.Clean("/"+header.Name)), archive); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%w: %s is not a regular file", ErrPack, header.Name)
		}
	}
}

// addPackFile reads one file of a pack.
func addPackFile(texts map[string][]byte, name string, from io.Reader) error {
	most := int64(maxProfileBytes)
	if name == ScreensName {
		most = maxScreens
	}
	if _, twice := texts[name]; twice || !fileName.MatchString(name) {
		return fmt.Errorf("%w: the file name %q", ErrPack, name)
	}
	if len(texts) == maxPackFiles {
		return fmt.Errorf("%w: it has more than %d files", ErrPack, maxPackFiles)
	}
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > most {
		return fmt.Errorf("%w: %s is larger than %d MiB", ErrPack, name, most>>20)
	}
	texts[name] = text
	return nil
}

// newPack checks what was read.
func newPack(origin string, texts map[string][]byte) (*Pack, error) {
	p := &Pack{texts: texts}
	text, there := texts[ManifestName]
	if !there {
		return nil, fmt.Errorf("%w: it has no %s", ErrPack, ManifestName)
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&p.Manifest); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrPack, ManifestName, err)
	}
	if !packName.MatchString(p.Name) {
		return nil, fmt.Errorf("%w: its name %q is not of small letters, digits and dashes", ErrPack, p.Name)
	}
	if p.Version == "" || len(p.Version) > 40 {
		return nil, fmt.Errorf("%w: its version %q", ErrPack, p.Version)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if _, there := texts[name]; !there && name != ScreensName || name == ManifestName {
			return nil, fmt.Errorf("%w: %s names %q, which is not there", ErrPack, ManifestName, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if name == ManifestName {
			continue
		}
		if sum := checksum(texts[name]); p.Files[name] != sum {
			return nil, fmt.Errorf("%w: the checksum of %s is %s, but %s says %q", ErrPack, name, sum, ManifestName, p.Files[name])
		}
		switch {
		case name == ScreensName:
			p.Screens = texts[name]
		case strings.HasSuffix(name, ".toml"):
			p.Profiles = append(p.Profiles, health.ProfileFile{Path: filepath.Join(origin, name), Text: texts[name]})
		default:
			return nil, fmt.Errorf("%w: %s is neither a profile (.toml) nor %s", ErrPack, name, ScreensName)
		}
	}
	if len(p.Profiles) == 0 {
		return nil, fmt.Errorf("%w: it has no profile", ErrPack)
	}
	return p, nil
}

func checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Seal writes the manifest of a folder of profiles: their checksums, under a name
// and a version.
func Seal(folder string, m Manifest) (*Pack, error) {
	texts, err := readPackFolder(folder)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", folder, err)
	}
	m.Files = make(map[string]string)
	for name, text := range texts {
		if name != ManifestName {
			m.Files[name] = checksum(text)
		}
	}
	if texts[ManifestName], err = toml.Marshal(m); err != nil {
		return nil, fmt.Errorf("pack %s: %w", folder, err)
	}
	p, err := newPack(folder, texts)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", folder, err)
	}
	if err := os.WriteFile(filepath.Join(folder, ManifestName), texts[ManifestName], 0o644); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return p, nil
}

// Install puts a pack into the folder of the user's profiles, in place of an
// earlier one of its name. Whoever reads meanwhile finds the one or the other.
func (p *Pack) Install(folder string) error {
	packs := filepath.Join(folder, packsFolder)
	if err := os.MkdirAll(packs, 0o755); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	made, err := os.MkdirTemp(packs, ".new-")
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer os.RemoveAll(made)
	fresh := filepath.Join(made, "pack")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	for name, text := range p.texts {
		if name == ScreensName {
			continue // profiles are read often, and nobody scores what is installed
		}
		if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
			return fmt.Errorf("pack: %w", err)
		}
	}
	place := filepath.Join(packs, p.Name)
	if err := os.Rename(place, filepath.Join(made, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pack: %w", err)
	}
	if err := os.Rename(fresh, place); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

// LoadWith returns a detector as Load would after the pack was installed. What is
// wrong with one of the pack's own profiles is in broken.
func LoadWith(folder string, p *Pack) (detector *health.Detector, broken []error) {
	alone, broken := health.NewDetector().With(p.Profiles...)
	if len(broken) > 0 {
		return alone, broken
	}
	packs, _ := Installed(folder)
	packs = slices.DeleteFunc(packs, func(other *Pack) bool { return other.Name == p.Name })
	packs = append(packs, p)
	slices.SortFunc(packs, func(a, b *Pack) int { return strings.Compare(a.Name, b.Name) })
	var files []health.ProfileFile
	for _, pack := range packs {
		files = append(files, pack.Profiles...)
	}
	own, _ := readOwn(folder)
	detector, _ = health.NewDetector().With(append(files, own...)...)
	return detector, nil
}

// Remove removes an installed pack. One that is not installed is an error.
func Remove(folder, name string) error {
	place := filepath.Join(folder, packsFolder, name)
	if _, err := os.Stat(place); err != nil || !packName.MatchString(name) {
		return fmt.Errorf("pack: no pack %q is installed", name)
	}
	return os.RemoveAll(place)
}

// Installed reads the packs that are installed, by name. One that cannot be read,
// or was changed since, is in the errors.
func Installed(folder string) (packs []*Pack, problems []error) {
	if folder == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Join(folder, packsFolder))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, fmt.Errorf("packs: %w", err))
		}
		return nil, problems
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		p, err := ReadPack(filepath.Join(folder, packsFolder, entry.Name()))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		packs = append(packs, p)
	}
	return packs, problems
}
