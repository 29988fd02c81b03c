package engine

import "time"

// SetNotices sets the notices that come from outside the engine, such as what is
// wrong with the configuration; they replace those of the last call and are in
// all snapshots from now on. It may be called at any time.
func (s *Service) SetNotices(notices []Notice) {
	s.mu.Lock()
	s.notices = notices
	s.mu.Unlock()
	s.publish()
}

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
