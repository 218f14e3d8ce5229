#include "gateway/sessions/consult_follower.h"

#include <string>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

std::string OwnerOf(const v1::Session& session) {
  return session.state() == v1::Session::STATE_ACTIVE ? session.agent() : "";
}

}  // namespace

consults::Owners OwnersAfter(const std::vector<routing::SessionChange>& changes) {
  consults::Owners owners;
  for (const routing::SessionChange& change : changes) {
    const std::string owner = OwnerOf(change.session);
    const bool first = change.previous_agent.empty() && !owner.empty();
    const bool never_owned = change.session.fence() == 0;
    if (!first && !never_owned) owners[change.session.session()] = owner;
  }
  return owners;
}

Task<absl::StatusOr<consults::Owners>> ConsultFollower::OwnersNow(ShopId shop,
                                                                  consults::Consults consults) {
  consults::Owners owners;
  for (const consults::Consult& consult : consults) {
    absl::StatusOr<v1::Session> session = co_await router_.GetSession(shop, consult.session);
    if (absl::IsNotFound(session.status())) {
      owners[consult.session.str()] = "";
      continue;
    }
    if (!session.ok()) co_return session.status();
    owners[consult.session.str()] = OwnerOf(*session);
  }
  co_return owners;
}

Task<absl::Status> ConsultFollower::Follow(server::CallScope scope, ShopId shop,
                                           std::vector<routing::SessionChange> changes) {
  const consults::Owners after = OwnersAfter(changes);
  if (after.empty()) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(const consults::Consults known, co_await book_.Read(shop));
  consults::Consults doubtful = consults::EndedBy(known, after);
  if (doubtful.empty()) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(consults::Owners now, co_await OwnersNow(shop, std::move(doubtful)));
  KEFU_CO_ASSIGN_OR_RETURN(const consults::Consults ended,
                           co_await book_.EndOf(shop, std::move(now)));
  for (const consults::Consult& consult : ended)
    announcer_.PublishConsult(shop, consults::ToMessage(consult, /*ended=*/true),
                              scope.trace.traceparent);
  co_return absl::OkStatus();
}

}  // namespace kefu::gateway::sessions
