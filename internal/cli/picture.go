package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/internal/picture"
)

// maxPicture bounds what picture reads: far more than the largest screen.
const maxPicture = 16 << 20

// newPicture is what scripts/pictures.sh makes the documents' pictures with.
func newPicture(p Process) *cobra.Command {
	var o picture.Options
	film := false
	cmd := &cobra.Command{
		Use:   "picture",
		Short: "Draws a captured screen as SVG",
		Long: "picture reads what tmux capture-pane -p -e -N prints and writes it as an SVG document. With --film it\n" +
			"reads several screens, each after a line of a form feed and the seconds at which it came, and writes an\n" +
			"SVG that plays them; a last such line says when the film ends.",
		Example: "  tmux capture-pane -p -e -N | agentwatch picture > screen.svg",
		Hidden:  true,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if o.Width < 0 || o.Height < 0 {
				return usageError(fmt.Errorf("picture: --width %d and --height %d cannot be negative", o.Width, o.Height))
			}
			screen, err := io.ReadAll(io.LimitReader(p.Stdin, maxPicture))
			if err != nil {
				return fmt.Errorf("picture: read the screen: %w", err)
			}
			if film {
				frames, length, err := readFilm(string(screen))
				if err != nil {
					return err
				}
				return picture.Film(p.Stdout, frames, length, o)
			}
			return picture.Draw(p.Stdout, string(screen), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Width, "width", 0, "width of the screen in cells (default: of the text)")
	f.IntVar(&o.Height, "height", 0, "height of the screen in cells (default: of the text)")
	f.StringVar(&o.Title, "title", "", "what the picture shows, in words")
	f.BoolVar(&film, "film", false, "read several screens with their times, and play them")
	return cmd
}

// readFilm reads screens that each follow a line of a form feed and seconds.
func readFilm(text string) (frames []picture.Frame, length time.Duration, err error) {
	parts := strings.Split(text, "\f")
	for _, part := range parts[1:] {
		at, screen, _ := strings.Cut(part, "\n")
		seconds, err := strconv.ParseFloat(strings.TrimSpace(at), 64)
		if err != nil || seconds < 0 || seconds > time.Hour.Seconds() {
			return nil, 0, fmt.Errorf("picture: %q is no time of a frame in seconds", at)
		}
		length = time.Duration(seconds * float64(time.Second))
		frames = append(frames, picture.Frame{At: length, Screen: screen})
	}
	if len(frames) > 0 {
		frames = frames[:len(frames)-1]
	}
	return frames, length, nil
}
