// Package socket is where the user's engine process and its faces meet: a unix
// socket in a folder that only the user can enter, and a lock beside it that one
// process holds, so that there is only one.
package socket
