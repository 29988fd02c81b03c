// Made by "agentwatch hooks install opencode", taken away by "agentwatch hooks remove opencode":
// tells agentwatch what opencode does, by the option @agentwatch_state of its tmux pane.
import { spawn } from "node:child_process"

export const Agentwatch = async () => {
  const pane = process.env.TMUX_PANE
  let last = ""
  const say = (state) => {
    if (!pane || state === last) return
    last = state
    const text = `${state} ${Math.floor(Date.now() / 1000)}`
    spawn("tmux", ["set-option", "-p", "-t", pane, "@agentwatch_state", text], { stdio: "ignore" }).on("error", () => {})
  }
  return {
    event: async ({ event }) => {
      if (event.type === "session.idle") say("idle")
      if (event.type === "session.error") say("error")
      if (event.type === "permission.asked" || event.type === "permission.updated") say("waiting")
      if (event.type === "permission.replied" || event.type === "message.part.updated") say("working")
    },
  }
}
