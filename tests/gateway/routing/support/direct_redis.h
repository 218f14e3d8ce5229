// A blocking connection to a test's Redis, for what must happen in one order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/common/redis/value.h"

struct redisContext;

namespace kefu::test {

// Not thread-safe. Ends the process with a message if Redis cannot be reached.
class DirectRedis {
 public:
  explicit DirectRedis(const std::string& socket);
  ~DirectRedis();

  // A refusal of Redis is fatal, too: tests send nothing that it may refuse.
  redis::Value Call(const std::vector<std::string>& command);

 private:
  redisContext* context_;
};

}  // namespace kefu::test
