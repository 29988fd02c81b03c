#!/usr/bin/env sh
# Draws docs/scaling.svg: the pool of connections under a load that grows tenfold
# and falls again, played in virtual time by a test.
set -eu
cd "$(dirname "$0")/.."
AGENTWATCH_SCALING_PLOT="$PWD/${1:-docs/scaling.svg}" go test ./tmuxpool -count=1 -run TestThePoolGrowsWithALoad
