package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine/client"
	"agentwatch/internal/config"
	"agentwatch/internal/fleet"
	"agentwatch/internal/web"
	"agentwatch/ui"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// webConfig says how the page is served.
type webConfig struct {
	Listen       string `toml:"listen"`
	Name         string `toml:"name"`
	Cert         string `toml:"cert"`
	Key          string `toml:"key"`
	AllowAnswers bool   `toml:"allow_answers"`
	AllowText    bool   `toml:"allow_text"`
}

const defaultListen = "127.0.0.1:7433"

func webSection() *config.Section[webConfig] {
	return config.NewSection("web", config.Spec[webConfig]{
		About:    "The page that `agentwatch web` serves (docs/web.md). Flags come before these settings. A change counts from the next start of it.",
		Defaults: func() webConfig { return webConfig{Listen: defaultListen} },
		Settings: []config.Setting{
			{Key: "listen", Meaning: "Where it listens: an address with a port, or unix:PATH. Anything but loopback needs cert and key."},
			{Key: "name", Meaning: "By which name devices reach it, such as box.tailnet.ts.net or box.example.org:8443. Other names are refused.", Example: `name = "box.tailnet.ts.net"`},
			{Key: "cert", Meaning: "The file of a TLS certificate with its chain (PEM).", Example: `cert = "/etc/agentwatch/cert.pem"`},
			{Key: "key", Meaning: "The file of its key (PEM).", Example: `key = "/etc/agentwatch/key.pem"`},
			{Key: "allow_answers", Meaning: "Lets paired devices answer agents. read_only comes first."},
			{Key: "allow_text", Meaning: "With allow_answers, lets them also send texts and keys of their own."},
		},
	})
}

// webOptions are the flags of web.
type webOptions struct {
	watchOptions
	webConfig
	theme string
	// prometheus is where what is known of other machines can be scraped.
	prometheus string
}

func newWeb(p Process) *cobra.Command {
	var o webOptions
	cmd := &cobra.Command{
		Use:   "web",
		Short: "Serves the dashboard as a page, for a phone or a browser",
		Long: "web serves a page that shows what the dashboard shows, to devices that you have paired: open the\n" +
			"address that it prints, or scan the QR code, within ten minutes. It listens on this machine only,\n" +
			"unless told otherwise, and asks for a token there, too. The page is read-only; with\n" +
			"--allow-answers it can choose what an agent offers, after showing what will be typed.",
		Example: "  agentwatch web\n  ssh -L 7433:127.0.0.1:7433 box          # on another computer, then open the address there\n" +
			"  tailscale serve --bg 7433 && agentwatch web --name box.tailnet.ts.net",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.followWeb(p, cmd.Flags().Changed)
			return runWeb(cmd.Context(), p, o, cmd.OutOrStdout())
		},
	}
	o.addFlags(cmd)
	o.addHistory(cmd)
	o.addReadOnly(cmd)
	o.addAlone(cmd)
	o.addHosts(cmd)
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", defaultListen, "listen here: ADDRESS:PORT or unix:PATH")
	addPrometheus(cmd, &o.prometheus)
	f.StringVar(&o.Name, "name", "", "the name by which devices reach the page, with a port where it is not the usual one")
	f.StringVar(&o.Cert, "cert", "", "file of the TLS certificate, which everything but loopback needs")
	f.StringVar(&o.Key, "key", "", "file of its key")
	f.BoolVar(&o.AllowAnswers, "allow-answers", false, "let paired devices answer agents")
	f.BoolVar(&o.AllowText, "allow-text", false, "with --allow-answers, let them send texts and keys, too")
	f.StringVar(&o.theme, "theme", "", "colours of the page (default: by the device's light or dark mode)")
	cmd.AddCommand(newWebPair(p), newWebDevices(p))
	return cmd
}

// followWeb takes from the configuration what no flag has given.
func (o *webOptions) followWeb(p Process, given func(string) bool) {
	c := newConfiguration(p).Web.In(loadQuietly(p))
	for flag, set := range map[string]func(){
		"listen": func() { o.Listen = c.Listen }, "name": func() { o.Name = c.Name }, "cert": func() { o.Cert = c.Cert },
		"key": func() { o.Key = c.Key }, "allow-answers": func() { o.AllowAnswers = c.AllowAnswers }, "allow-text": func() { o.AllowText = c.AllowText },
	} {
		if !given(flag) {
			set()
		}
	}
}

// webAddress is where the page is served.
type webAddress struct {
	network, address string
	// hosts are the names by which it may be asked for, base its address for a
	// browser.
	hosts []string
	base  string
}

// address checks what the flags say, before anything is started.
func (o webOptions) address() (webAddress, error) {
	secure := o.Cert != ""
	scheme := "http"
	switch {
	case secure != (o.Key != ""):
		return webAddress{}, usageError(errors.New("--cert and --key belong together"))
	case secure || o.Name != "":
		// A name that is not ours is that of a proxy with TLS, such as tailscale serve.
		scheme = "https"
	}
	var hosts []string
	if o.Name != "" {
		if strings.ContainsAny(o.Name, "/ @") {
			return webAddress{}, usageError(fmt.Errorf("--name %q is not a host name", o.Name))
		}
		hosts = append(hosts, o.Name)
	}
	if path, isPath := strings.CutPrefix(o.Listen, "unix:"); isPath {
		if o.Name == "" {
			return webAddress{}, usageError(errors.New("--listen unix:PATH needs --name: browsers reach it through a proxy, by that name"))
		}
		return webAddress{"unix", path, hosts, scheme + "://" + o.Name}, nil
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return webAddress{}, usageError(fmt.Errorf("--listen %q is neither ADDRESS:PORT nor unix:PATH", o.Listen))
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip.IsLoopback()
	switch {
	case !local && !secure:
		return webAddress{}, usageError(fmt.Errorf("--listen %s would show your terminals to a network without encryption: give --cert and --key, "+
			"or keep to 127.0.0.1 and reach it by `ssh -L %s:127.0.0.1:%s` or `tailscale serve`", o.Listen, port, port))
	case !local && o.Name == "" && (ip == nil || ip.IsUnspecified()):
		return webAddress{}, usageError(fmt.Errorf("--listen %s needs --name: by which name devices reach it", o.Listen))
	case local:
		hosts = append(hosts, "127.0.0.1", "localhost", "::1")
	case !ip.IsUnspecified():
		hosts = append(hosts, host)
	}
	base := scheme + "://" + o.Name
	if o.Name == "" {
		base = scheme + "://" + net.JoinHostPort(host, port)
	} else if _, _, err := net.SplitHostPort(o.Name); err != nil && secure && port != "443" {
		base += ":" + port
	}
	return webAddress{"tcp", o.Listen, hosts, base}, nil
}

// listen listens where the flags say.
func (a webAddress) listen(ctx context.Context) (net.Listener, error) {
	if a.network == "unix" {
		// One that a server has left which was killed.
		if conn, err := net.DialTimeout("unix", a.address, time.Second); err == nil {
			_ = conn.Close()
			return nil, fmt.Errorf("something listens at %s already", a.address)
		} else if info, err := os.Lstat(a.address); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(a.address)
		}
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, a.network, a.address)
	if err == nil && a.network == "unix" {
		err = errors.Join(os.Chmod(a.address, 0o600))
	}
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with --listen", err)
	}
	return l, nil
}

// runWeb serves the page until ctx ends, which is its orderly end.
func runWeb(ctx context.Context, p Process, o webOptions, out io.Writer) error {
	at, err := o.address()
	if err != nil {
		return err
	}
	hosts, err := fleet.Choose(configuredHosts(p), o.hosts)
	if err != nil {
		return usageError(err)
	}
	var watched watchedHosts
	exported, err := exportFleet(p, o.prometheus, watched.source())
	if err != nil {
		return err
	}
	defer exported.Close()
	viewer, err := openHub(p, o.hub, observing(exported))
	if err != nil {
		return err
	}
	if viewer != nil {
		defer viewer.Close()
	}
	var certificate *tls.Certificate
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return fmt.Errorf("--cert and --key: %w", err)
		}
		certificate = &pair
	}
	options, err := o.page(p, at.hosts)
	if err != nil {
		return err
	}
	l, err := at.listen(ctx)
	if err != nil {
		return err
	}
	if tcp, isTCP := l.Addr().(*net.TCPAddr); isTCP && o.Name == "" && strings.HasSuffix(o.Listen, ":0") {
		at.base = strings.TrimSuffix(at.base, ":0") + fmt.Sprintf(":%d", tcp.Port)
	}
	defer l.Close()
	return useMonitor(ctx, p, o.watchOptions, func(ctx context.Context, local *client.Monitor) error {
		return withHosts(ctx, local, fleet.Options{Screen: true, Hosts: hosts, Hub: viewer, ReadOnly: o.readOnly, Dialled: dialling(exported)}, func(ctx context.Context, m face) error {
			options.Monitor = m
			if exported != nil {
				defer watched.follow(ctx, m)()
			}
			return o.serve(ctx, m, options, at, l, certificate, out)
		})
	})
}

// page are the options of the server but its monitor.
func (o webOptions) page(p Process, hosts []string) (web.Options, error) {
	file := loadQuietly(p)
	settings, err := appearance(p, file, o.theme)
	if err != nil {
		return web.Options{}, err
	}
	name, _ := os.Hostname()
	keymap, _ := keys.New(settings.Keys)
	readOnly := o.readOnly || newConfiguration(p).General.In(file).ReadOnly
	options := web.Options{
		Store: web.NewStore(web.StorePath(p.Getenv)), Themes: settings.Themes, Keys: keymap, Hosts: hosts, Name: name,
		Version: versionText(p.Version), AllowAnswers: o.AllowAnswers && !readOnly, AllowText: o.AllowText,
	}
	if settings.Theme != nil {
		options.Theme = settings.Theme.Name
	}
	return options, nil
}

// serve serves the page at an address, and says where.
func (o webOptions) serve(ctx context.Context, m face, options web.Options, at webAddress, l net.Listener, certificate *tls.Certificate, out io.Writer) error {
	server, err := web.New(options)
	if err != nil {
		return err
	}
	if err := options.Store.SetAddress(ctx, at.base); err != nil {
		return err
	}
	defer func() { _ = options.Store.SetAddress(context.WithoutCancel(ctx), "") }()
	var telling sync.WaitGroup
	defer telling.Wait()
	if file, isFile := out.(*os.File); terminal(file, isFile) {
		// It is the bell of whoever sits here.
		telling.Go(func() { m.Sequences(ctx, func(text string) { _, _ = io.WriteString(out, text) }) })
	}
	telling.Go(func() { _ = printPairing(ctx, options.Store, out) })
	return server.Serve(ctx, l, certificate)
}

// errNoPage is returned when no page is served that a device could be paired with.
var errNoPage = errors.New("no page is served; start one with: agentwatch web")

// printPairing prints an address with a new code, and it as a QR code.
func printPairing(ctx context.Context, store *web.Store, out io.Writer) error {
	link, err := web.NewLink(ctx, store, time.Now())
	if err != nil {
		return err
	}
	base, _, _ := strings.Cut(link, "#")
	fmt.Fprintf(out, "agentwatch is served at %s\n\nTo pair a device, open this there within %s. It works once; `agentwatch web pair` makes another.\n\n  %s\n\n",
		base, format.Plural(int(web.CodeLasts.Minutes()), "minute"), link)
	file, isFile := out.(*os.File)
	if !terminal(file, isFile) {
		return nil
	}
	rows, err := web.QR(link)
	if err != nil {
		return err
	}
	for _, row := range rows {
		// Dark on light, whatever the terminal has: cameras want it so.
		fmt.Fprintf(out, "  \x1b[38;2;0;0;0;48;2;255;255;255m%s\x1b[0m\n", row)
	}
	fmt.Fprintln(out)
	return nil
}

// pairingOf makes addresses for the devices that the dashboard's user wants to pair.
func pairingOf(p Process) func(context.Context) (ui.Pairing, error) {
	return func(ctx context.Context) (ui.Pairing, error) {
		link, err := web.NewLink(ctx, web.NewStore(web.StorePath(p.Getenv)), time.Now())
		if errors.Is(err, web.ErrNoPage) {
			return ui.Pairing{}, errNoPage
		} else if err != nil {
			return ui.Pairing{}, err
		}
		rows, err := web.QR(link)
		return ui.Pairing{Link: link, QR: rows}, err
	}
}

func newWebPair(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "pair",
		Short: "Prints a new address and QR code to pair one more device",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := printPairing(cmd.Context(), web.NewStore(web.StorePath(p.Getenv)), cmd.OutOrStdout())
			if errors.Is(err, web.ErrNoPage) {
				return errNoPage
			}
			return err
		},
	}
}

func newWebDevices(p Process) *cobra.Command {
	store := func() *web.Store { return web.NewStore(web.StorePath(p.Getenv)) }
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "Lists the devices that are paired with the page",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			devices, err := store().Devices()
			if err != nil {
				return err
			}
			if len(devices) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "agentwatch: no device is paired")
				return nil
			}
			t := plainTable(4, "ID", "NAME", "PAIRED", "CONNECTED LAST")
			for _, d := range devices {
				seen := "never"
				if !d.Seen.IsZero() {
					seen = momentText(d.Seen)
				}
				t.Row(d.ID, sanitize.Text(d.Name), momentText(d.Paired), seen)
			}
			return writeTable(cmd.OutOrStdout(), "web devices", t)
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "revoke DEVICE...",
		Short:   "Takes the token back from devices, by ID or name; their pages close at once",
		Example: "  agentwatch web devices revoke k3v9xq2a",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, which := range args {
				d, err := store().Revoke(cmd.Context(), which)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "revoked %s (%s)\n", sanitize.Text(d.Name), d.ID)
			}
			return nil
		},
	})
	return cmd
}
