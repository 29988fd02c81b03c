// Package mcp serves what agentwatch sees to agents, as tools of the Model Context
// Protocol (docs/mcp.md). It is read-only unless its options say otherwise.
package mcp
