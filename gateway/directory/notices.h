// "The directory changed", between the caches of all gateways: topic `<shop>/directory`, and
// `sys/directory` for what belongs to no shop. Notices get lost by nature; caches live 5 s at most
// for that reason.
//
// Threads: Listen before serving; everything else from any thread. Listeners must not block.
#pragma once

#include <absl/synchronization/mutex.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::directory {

// What stands for no shop in topics and keys; never a shop's id.
inline constexpr std::string_view kNoShop = "sys";
inline constexpr std::string_view kDirectoryChanged = "com.kefu.directory.changed.v1";

class Notices {
 public:
  // events::Publisher::Publish and events::Subscriber::Subscribe in production. `shop` is empty for
  // `sys`.
  using Publish = std::function<void(std::string_view topic, std::string_view envelope)>;
  using Subscribe = std::function<void(std::string topic)>;
  using Listener = std::function<void(const std::string& shop, const v1::DirectoryChanged& change)>;

  // `sys/directory` is for the owner to subscribe to, once it can.
  Notices(Publish publish, Subscribe subscribe);

  void Listen(Listener listener);
  // Hears the shop's notices from now on. Only for shops that exist, lest made-up ids fill the
  // memory.
  void Watch(const ShopId& shop);

  // Tells everybody, this process at once; and the readers of the log, if it stands there.
  void Tell(const events::v1::Envelope& envelope);
  // What is not logged: sign-ins that ended.
  void Tell(const ShopId& shop, std::string_view kind, std::string_view subject);

  // From the subscriber's handler, with every envelope that came on a topic `<…>/directory`. What
  // is not a DirectoryChanged is ignored.
  void OnEnvelope(std::string_view envelope);
  static bool IsTopic(std::string_view topic);

 private:
  void Hear(const events::v1::Envelope& envelope);

  const Publish publish_;
  const Subscribe subscribe_;
  std::vector<Listener> listeners_;
  absl::Mutex mutex_;
  std::set<std::string> watched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::directory
