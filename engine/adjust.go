package engine

import "time"

// SetInterval changes the time between two rounds, from each server's next round
// on. A length that is not positive changes nothing.
func (s *Service) SetInterval(interval time.Duration) {
	if interval <= 0 {
		return
	}
	s.mu.Lock()
	s.chosen.interval = interval
	s.mu.Unlock()
	for _, w := range s.current() {
		signal(w.kick)
	}
	s.publish()
}
