package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"agentwatch/internal/picture"
)

// maxPicture bounds what picture reads: far more than the largest screen.
const maxPicture = 16 << 20

// newPicture is what scripts/pictures.sh makes the documents' pictures with.
func newPicture(p Process) *cobra.Command {
	var o picture.Options
	cmd := &cobra.Command{
		Use:     "picture",
		Short:   "Draws a captured screen as SVG",
		Long:    "picture reads what tmux capture-pane -p -e -N prints and writes it as an SVG document.",
		Example: "  tmux capture-pane -p -e -N | agentwatch picture > screen.svg",
		Hidden:  true,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if o.Width < 0 || o.Height < 0 {
				return usageError{fmt.Errorf("picture: --width %d and --height %d cannot be negative", o.Width, o.Height)}
			}
			screen, err := io.ReadAll(io.LimitReader(p.Stdin, maxPicture))
			if err != nil {
				return fmt.Errorf("picture: read the screen: %w", err)
			}
			return picture.Draw(p.Stdout, string(screen), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Width, "width", 0, "width of the screen in cells (default: of the text)")
	f.IntVar(&o.Height, "height", 0, "height of the screen in cells (default: of the text)")
	f.StringVar(&o.Title, "title", "", "what the picture shows, in words")
	return cmd
}
