#include "gateway/consults/domain/consults.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::consults {
namespace {

absl::Status TooMany(const char* sentence, size_t most) {
  return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_CONSULTS", sentence,
               {{"most", std::to_string(most)}});
}

bool TakesPart(const Consult& consult, const AgentId& agent) {
  return consult.asker == agent || consult.agent == agent;
}

template <class Wanted>
Consults Only(const Consults& consults, Wanted wanted) {
  Consults only;
  std::copy_if(consults.begin(), consults.end(), std::back_inserter(only), wanted);
  return only;
}

}  // namespace

absl::StatusOr<Consults> Start(Consults consults, Consult consult) {
  size_t of_session = 0;
  for (const Consult& other : consults) {
    if (other.id == consult.id) return consults;
    if (other.session != consult.session) continue;
    ++of_session;
    if (other.asker == consult.asker && other.agent == consult.agent) {
      return Error(absl::StatusCode::kFailedPrecondition, "CONSULT_GOING_ON",
                   "You are asking that colleague about this session already; write there.",
                   {{"consult", other.id.str()}});
    }
  }
  if (of_session >= kMaxOfSession)
    return TooMany("Five colleagues are asked about this session already; end a consult first.",
                   kMaxOfSession);
  if (consults.size() >= kMaxOfShop)
    return TooMany("The shop has too many consults going on; end some first.", kMaxOfShop);
  consults.push_back(std::move(consult));
  return consults;
}

const Consult* Find(const Consults& consults, const SessionId& session, const ConsultId& id,
                    const AgentId& by) {
  const auto found = std::find_if(consults.begin(), consults.end(), [&](const Consult& consult) {
    return consult.id == id && consult.session == session && TakesPart(consult, by);
  });
  return found == consults.end() ? nullptr : &*found;
}

Consults EndedBy(const Consults& consults, const Owners& owners) {
  return Only(consults, [&](const Consult& consult) {
    const auto owner = owners.find(consult.session.str());
    return owner != owners.end() && owner->second != consult.asker.str();
  });
}

Consults Without(const Consults& consults, const Consults& ended) {
  return Only(consults, [&](const Consult& consult) {
    return std::none_of(ended.begin(), ended.end(),
                        [&](const Consult& other) { return other.id == consult.id; });
  });
}

Consults Of(const Consults& consults, const AgentId& agent) {
  return Only(consults, [&](const Consult& consult) { return TakesPart(consult, agent); });
}

absl::Status NoSuchConsult() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONSULT",
               "You have no part in a consult of that id; it may have ended.");
}

}  // namespace kefu::gateway::consults
