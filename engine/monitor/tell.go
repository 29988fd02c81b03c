package monitor

import "agentwatch/engine"

// Tell puts notices of another part of the program beside the engine's own, in
// place of those that were told of that topic before; without any the topic is
// taken away. They are in all snapshots from now on. It may be called at any
// time.
func (s *Service) Tell(topic engine.NoticeTopic, notices ...engine.Notice) {
	s.mu.Lock()
	if len(notices) == 0 {
		delete(s.told, topic)
	} else {
		s.told[topic] = notices
	}
	s.mu.Unlock()
	s.publish()
}
