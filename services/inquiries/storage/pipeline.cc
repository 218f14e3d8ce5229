#include "services/inquiries/storage/pipeline.h"

#include <functional>
#include <memory>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::inquiries::storage {
namespace {

using Answers = absl::StatusOr<std::vector<redis::Value>>;

// Filled on the client's I/O thread only, where all callbacks run one after another.
struct Gathering {
  std::vector<redis::Value> values;
  absl::Status error;
  size_t missing = 0;
  std::function<void(Answers)> done;
};

}  // namespace

Task<Answers> SendTogether(redis::Client& client, std::vector<redis::Command> commands,
                           Deadline deadline) {
  co_return co_await AwaitCallback<Answers>([&](std::function<void(Answers)> done) {
    // Shared by the callbacks of all commands.
    const auto gathering = std::make_shared<Gathering>();
    gathering->values.resize(commands.size());
    gathering->missing = commands.size();
    gathering->done = std::move(done);
    for (size_t i = 0; i < commands.size(); ++i) {
      client.Send(std::move(commands[i]), deadline.LeftMs(),
                  [gathering, i](absl::StatusOr<redis::Value> reply) {
                    if (reply.ok()) {
                      gathering->values[i] = *std::move(reply);
                    } else if (gathering->error.ok()) {
                      gathering->error = reply.status();
                    }
                    if (--gathering->missing > 0) return;
                    if (gathering->error.ok()) return gathering->done(std::move(gathering->values));
                    gathering->done(gathering->error);
                  });
    }
  });
}

}  // namespace kefu::inquiries::storage
