package engine

// NoticeTopic says what a notice from outside the engine is about. It is a
// string and no enum, because the engine does not know the program's other
// parts.
type NoticeTopic string

// Tell puts a notice of another part of the program beside the engine's own,
// in place of the one that was told of that topic before. A notice without a
// text takes it away.
func (s *Service) Tell(topic NoticeTopic, n Notice) {
	s.mu.Lock()
	if n.Text == "" {
		delete(s.told, topic)
	} else {
		s.told[topic] = n
	}
	s.mu.Unlock()
	s.publish()
}
