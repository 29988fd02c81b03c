package hub

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

// fenced makes changes as long as a lease is ours: one who has slept between looking at
// the lease and writing changes nothing.
var fenced = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED another one has the lease') end
local at, answers = 2, {}
while at <= #ARGV do
	local n = tonumber(ARGV[at])
	answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, at + n))
	at = at + n + 1
end
return answers`)

// exec sends commands in one go and returns their answers, or the first error that is
// not that something is not there.
func (c *collector) exec(ctx context.Context, commands ...rueidis.Completed) ([]rueidis.RedisMessage, error) {
	if c.fence == nil {
		var answers []rueidis.RedisMessage
		for _, result := range c.client.DoMulti(ctx, commands...) {
			answer, err := result.ToMessage()
			if err != nil && !rueidis.IsRedisNil(err) {
				return nil, err
			}
			answers = append(answers, answer)
		}
		return answers, nil
	}
	keys, args := []string{c.fence.key}, []string{c.fence.token}
	for _, command := range commands {
		words := command.Commands()
		if words[0] == "EXISTS" {
			keys = append(keys, words[1:]...)
		} else {
			keys = append(keys, words[1])
		}
		args = append(append(args, strconv.Itoa(len(words))), words...)
	}
	answers, err := fenced.Exec(ctx, c.client, keys, args).ToArray()
	if err != nil && strings.Contains(err.Error(), "FENCED") {
		return nil, errNotAllowed
	}
	if err == nil && len(answers) != len(commands) {
		return nil, errors.New("the hub has not answered everything")
	}
	return answers, err
}
