// Package api has the values of the API that the engine process offers to its
// faces (docs/api.md): what goes over the wire, and how a stream of patches
// carries snapshots. The engine's own values are their own JSON.
//
// Builds of different age understand each other. Unknown fields are ignored,
// missing ones have the zero value as their default, and unknown words read as
// "unknown". A field never changes its meaning; a new meaning gets a new name.
package api
