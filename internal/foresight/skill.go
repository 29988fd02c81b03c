package foresight

import "math"

const (
	// Needed is how many turns must have been predicted before anything is said, and
	// window over how many of the last ones the skill is measured.
	Needed = 200
	window = 400
	// block is how many turns in a row are taken together to measure the spread:
	// neighbours are alike.
	block = 10
	// certainty is how many standard errors the mean must be above zero: 99.9 % on
	// one side, since it is looked at again after each turn.
	certainty = 3.1
)

// Skill compares predictions with those of a baseline on the same turns.
type Skill struct {
	Baseline string
	// Mean is how much smaller the loss was than the baseline's, as a share of that;
	// Low bounds it from below.
	Mean, Low float64
}

// contest keeps the losses of the last turns: the model's, and each baseline's.
type contest struct {
	names  []string
	losses [][]float64 // a turn's losses, the model's first; a ring
	next   int
	count  int
}

func (c *contest) add(losses []float64) {
	c.count++
	if len(c.losses) < window {
		c.losses = append(c.losses, losses)
		return
	}
	c.losses[c.next] = losses
	c.next = (c.next + 1) % window
}

// skills are those against each baseline.
func (c *contest) skills() []Skill {
	skills := make([]Skill, len(c.names))
	for b, name := range c.names {
		skills[b] = c.against(b + 1)
		skills[b].Baseline = name
	}
	return skills
}

func (c *contest) against(b int) Skill {
	n := len(c.losses)
	if n < 2*block {
		return Skill{}
	}
	var sum, squares, base, blockSum float64
	var blocks []float64
	for i := range n {
		losses := c.losses[(c.next+i)%n]
		d := losses[b] - losses[0]
		sum += d
		squares += d * d
		base += losses[b]
		blockSum += d
		if (i+1)%block == 0 {
			blocks = append(blocks, blockSum/block)
			blockSum = 0
		}
	}
	mean := sum / float64(n)
	spread := math.Sqrt(max(squares/float64(n)-mean*mean, 0) / float64(n-1))
	spread = max(spread, standardError(blocks))
	base /= float64(n)
	if base <= 0 {
		return Skill{}
	}
	return Skill{Mean: mean / base, Low: (mean - certainty*spread) / base}
}

// standardError is that of the mean.
func standardError(values []float64) float64 {
	n := float64(len(values))
	mean, squares := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / (n - 1) / n)
}

// speaks tells whether the model has proved itself against every baseline.
func (c *contest) speaks() bool {
	if len(c.losses) < Needed {
		return false
	}
	for b := range c.names {
		if c.against(b+1).Low <= 0 {
			return false
		}
	}
	return true
}
