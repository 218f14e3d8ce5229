#include "tests/gateway/routing/support/direct_redis.h"

#include <hiredis/hiredis.h>

#include <cstdio>
#include <cstdlib>

namespace kefu::test {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "DirectRedis: %s\n", what.c_str());
  std::abort();
}

redis::Value ToValue(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return redis::Value(static_cast<int64_t>(reply.integer));
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return redis::Value(std::string(reply.str, reply.len));
    case REDIS_REPLY_ARRAY: {
      redis::Value::Array array;
      for (size_t i = 0; i < reply.elements; ++i) array.push_back(ToValue(*reply.element[i]));
      return redis::Value(std::move(array));
    }
    case REDIS_REPLY_ERROR:
      Die(std::string("refused: ") + reply.str);
    default:
      return redis::Value();
  }
}

}  // namespace

DirectRedis::DirectRedis(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
  if (context_ == nullptr || context_->err != 0) Die("cannot connect to " + socket);
}

DirectRedis::~DirectRedis() { redisFree(context_); }

redis::Value DirectRedis::Call(const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<size_t> lengths;
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(context_, static_cast<int>(command.size()), words.data(), lengths.data()));
  if (reply == nullptr) Die("the connection broke");
  redis::Value value = ToValue(*reply);
  freeReplyObject(reply);
  return value;
}

}  // namespace kefu::test
