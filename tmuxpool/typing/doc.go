// Package typing writes to panes. It is the only place in agentwatch that types,
// and it types only what a guard allows in the very moment.
//
// # Check and keys in one
//
// A Guard is what a Look has seen: the pane's process, size and modes, and the
// text of rows of its screen. It is sent with the keys, as the condition of one
// tmux command: the server evaluates it and types in one go, in which it neither
// reads what programs print nor what other clients type. So nothing that anybody
// does in tmux comes between, and no key goes to a screen that shows anything
// else in the guarded rows. When the condition does not hold nothing is typed
// and ErrRefused says so.
//
// # What remains
//
// A guard sees what tmux has drawn, not what the program has in mind. A program
// that has turned to something else and has not printed it yet, or whose output
// tmux has not read yet, or that turns while the key is on its way to it, gets
// the key all the same. No terminal can help that, a person at the keyboard has
// the same window, if a wider one. It opens when somebody else answers: a program
// can take some 100 ms from a key to its next frame. So a pane is refused while
// somebody at a terminal types in it, and for a second or two after. Keys that
// other programs type (send-keys) are not seen. Two rows of the same text can be told apart
// only by the upper one; a few characters of ASCII that tmux's formats use
// ("#,{}%[]\^'" and quotes) count as any character, and so do braille spinners.
//
// # Processes
//
// Each call is a tmux process of its own: rare, independent of the clients that
// watch, and without the leak of captures over control clients. Text goes over
// its standard input into a buffer of our own and from there as one paste, so it
// may be long and is in no argument list.
package typing
