#include "gateway/buyer_side.h"

#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/trace.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kTellMs = 1000;

// Tells routing whether a buyer is there, and the others what follows.
Task<absl::Status> TellPresence(routing::Router& router, sessions::Announcer& announcer,
                                ShopId shop, SessionId session, bool present) {
  absl::StatusOr<routing::Outcome> outcome =
      co_await router.SetBuyerPresent(shop, std::move(session), present);
  if (!outcome.ok()) co_return outcome.status();
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew("");
  scope.deadline_ms = MonotonicMs() + kTellMs;
  co_return co_await announcer.Announce(std::move(scope), shop, *std::move(outcome));
}

}  // namespace

BuyerSide::BuyerSide(Deps deps)
    : timers(deps.shards, "gateway"),
      lot(deps.store, timers),
      voice(deps.inquiries),
      arrivals({deps.inquiries, deps.router, deps.announcer, deps.plans, lot, voice, deps.clock}),
      away(deps.inquiries, deps.plans, voice),
      waits(deps.router, deps.clock),
      states({deps.router, lot, waits, deps.find_agent}),
      presence([deps](ShopId shop, SessionId session, bool present) {
        return TellPresence(deps.router, deps.announcer, std::move(shop), std::move(session),
                            present);
      }),
      queues(deps.hub) {}

}  // namespace kefu::gateway
