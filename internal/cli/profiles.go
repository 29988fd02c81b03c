package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"agentwatch/internal/eval"
	"agentwatch/internal/kinds"
	"agentwatch/ui/sanitize"
)

// errWorse says that a pack makes agentwatch worse on the screens it was scored
// with.
var errWorse = errors.New("with the pack less is right, or more needs are missed")

func newProfiles(p Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "Checks, scores, installs and removes packs of profiles",
		Long: "A pack is a folder or a .tar.gz archive with profiles of agent programs (*.toml, see docs/kinds.md),\n" +
			"a pack.toml with its name, its version and the SHA-256 of every file, and, if its maker has some,\n" +
			"labelled screens (screens.jsonl.gz). Installed packs are used within two seconds, without a new\n" +
			"build and without a restart; your own profiles in the kinds folder have the last word.",
		Example: "  agentwatch profiles check newagents.tar.gz\n  agentwatch profiles install newagents.tar.gz\n  agentwatch profiles",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return listPacks(p, cmd.OutOrStdout()) },
	}
	cmd.AddCommand(newProfilesCheck(p), newProfilesInstall(p), newProfilesRemove(p), newProfilesSeal(p))
	return cmd
}

// oneArgument wants exactly one argument, which is called what it is.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError(fmt.Errorf("%s needs one %s", cmd.CommandPath(), what))
		}
		return nil
	}
}

func listPacks(p Process, out io.Writer) error {
	packs, problems := kinds.Installed(kinds.Folder(p.Getenv))
	for _, problem := range problems {
		fmt.Fprintf(p.Stderr, "agentwatch: %v; the pack is left out\n", problem)
	}
	if len(packs) == 0 && len(problems) == 0 {
		fmt.Fprintln(p.Stderr, "agentwatch: no pack is installed")
	}
	for _, pack := range packs {
		if err := describePack(out, pack); err != nil {
			return err
		}
	}
	return nil
}

func describePack(out io.Writer, pack *kinds.Pack) error {
	profiles := "1 profile"
	if n := len(pack.Profiles); n != 1 {
		profiles = fmt.Sprintf("%d profiles", n)
	}
	line := fmt.Sprintf("%s %s, %s", pack.Name, pack.Version, profiles)
	if pack.Summary != "" {
		line += ": " + pack.Summary
	}
	if _, err := fmt.Fprintln(out, sanitize.Text(line)); err != nil {
		return fmt.Errorf("profiles: write: %w", err)
	}
	return nil
}

func newProfilesCheck(p Process) *cobra.Command {
	var screens []string
	cmd := &cobra.Command{
		Use:   "check PACK",
		Short: "Checks a pack's checksums and profiles, and scores it",
		Long: "check reads a pack, compares every file with its checksum, reads its profiles, and scores labelled\n" +
			"screens without and with the pack: those that it brings, and those of --screens. It installs\n" +
			"nothing. Exit code 1 when something is wrong, or less is right with the pack than without.",
		Example: "  agentwatch profiles check newagents.tar.gz --screens mine.jsonl",
		Args:    oneArgument("pack: a folder or a .tar.gz archive"),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := checkPack(cmd.Context(), p, args[0], screens, cmd.OutOrStdout())
			return err
		},
	}
	cmd.Flags().StringArrayVar(&screens, "screens", nil, "a file of labelled screens to score it with, as for eval (repeatable)")
	return cmd
}

// checkPack reads a pack, and says what it is and how it scores.
func checkPack(ctx context.Context, p Process, name string, screens []string, out io.Writer) (*kinds.Pack, error) {
	pack, err := kinds.ReadPack(name)
	if err != nil {
		return nil, err
	}
	folder := kinds.Folder(p.Getenv)
	with, broken := kinds.LoadWith(folder, pack)
	if len(broken) > 0 {
		return nil, errors.Join(broken...)
	}
	if err := describePack(out, pack); err != nil {
		return nil, err
	}
	var samples []eval.Sample
	for _, file := range screens {
		read, err := readSamples(ctx, file, p.Stdin)
		if err != nil {
			return nil, err
		}
		samples = append(samples, read...)
	}
	if pack.Screens != nil {
		read, err := parseSamples(ctx, kinds.ScreensName, bytes.NewReader(pack.Screens))
		if err != nil {
			return nil, err
		}
		samples = append(samples, read...)
	}
	if len(samples) == 0 {
		_, err = fmt.Fprintln(out, "not scored: it brings no screens, and --screens names none")
		return pack, err
	}
	without, _ := kinds.Load(folder)
	before, after := eval.Run(without, samples, eval.ModeAll).Total, eval.Run(with, samples, eval.ModeAll).Total
	for _, row := range []struct {
		name  string
		score eval.Score
	}{{"without the pack", before}, {"with the pack", after}} {
		_, err := fmt.Fprintf(out, "%-17s %5.1f %% of %d screens right, %.1f %% wrong, %.1f %% needs missed\n",
			row.name, 100*row.score.Share(), len(samples), 100*row.score.WrongShare(), 100*row.score.MissedShare())
		if err != nil {
			return nil, fmt.Errorf("profiles: write: %w", err)
		}
	}
	if after.Share() < before.Share() || after.MissedShare() > before.MissedShare() {
		return pack, errWorse
	}
	return pack, nil
}

func newProfilesInstall(p Process) *cobra.Command {
	var screens []string
	var force bool
	cmd := &cobra.Command{
		Use:   "install PACK",
		Short: "Checks a pack and installs it, in place of an earlier version",
		Args:  oneArgument("pack: a folder or a .tar.gz archive"),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := checkPack(cmd.Context(), p, args[0], screens, cmd.OutOrStdout())
			if err != nil && (!errors.Is(err, errWorse) || !force) {
				return err
			}
			folder := kinds.Folder(p.Getenv)
			if folder == "" {
				return errors.New("profiles: neither XDG_CONFIG_HOME nor HOME names a folder for them")
			}
			if err := pack.Install(folder); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "installed; agentwatch profiles remove %s removes it\n", pack.Name)
			return err
		},
	}
	cmd.Flags().StringArrayVar(&screens, "screens", nil, "a file of labelled screens to score it with, as for eval (repeatable)")
	cmd.Flags().BoolVar(&force, "force", false, "install it although less is right with it")
	return cmd
}

func newProfilesRemove(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Removes an installed pack",
		Args:  oneArgument("name of an installed pack"),
		RunE: func(_ *cobra.Command, args []string) error {
			return kinds.Remove(kinds.Folder(p.Getenv), args[0])
		},
	}
}

func newProfilesSeal(Process) *cobra.Command {
	var m kinds.Manifest
	cmd := &cobra.Command{
		Use:     "seal FOLDER",
		Short:   "Makes a folder of profiles a pack: writes its pack.toml",
		Example: "  agentwatch profiles seal newagents --name newagents --version 1.0\n  tar -czf newagents.tar.gz newagents",
		Args:    oneArgument("folder of profiles"),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := kinds.Seal(args[0], m)
			if err != nil {
				return err
			}
			return describePack(cmd.OutOrStdout(), pack)
		},
	}
	f := cmd.Flags()
	f.StringVar(&m.Name, "name", "", "what it is called: small letters, digits, dashes")
	f.StringVar(&m.Version, "version", "", "its version")
	f.StringVar(&m.Summary, "summary", "", "one line on what it is for")
	return cmd
}
