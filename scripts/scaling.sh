#!/usr/bin/env sh
# Draws what grows and shrinks with the load, played in virtual time by tests, into
# docs or another folder: scaling.svg (the pool of connections), scaling-pace.svg (how
# often the engine looks), scaling-hub.svg (what is published, and how pullers share
# hosts).
set -eu
cd "$(dirname "$0")/.."
out=${1:-docs}
mkdir -p "$out"
AGENTWATCH_PLOTS=$(cd "$out" && pwd)
export AGENTWATCH_PLOTS
go test ./tmuxpool -count=1 -run TestThePoolGrowsWithALoad
go test ./engine/monitor -count=1 -run TestHoweverMuchAgentsPrint
go test ./internal/hub -count=1 -run TestLessIsWrittenWhileTheHubIsSlow
