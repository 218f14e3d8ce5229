// The plan: which classes there are, and where a session stands in them.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"

namespace kefu::gateway::routing {
namespace {

constexpr size_t kMaxSteps = 32;

bool IsPersonal(const std::string& class_name) { return class_name.starts_with('@'); }

}  // namespace

ClassSpec Step::Spec(const std::string& class_name) const {
  return SpecIn(next_, policy_.classes, class_name);
}

std::string Step::SuccessorOf(const std::string& class_name) const {
  if (!next_.plan.has_value() || IsPersonal(class_name) || next_.plan->Has(class_name)) {
    return class_name;
  }
  const std::string first = FirstClassOf(GroupOf(class_name));
  return next_.plan->Has(first) ? first : next_.plan->all().front().name;
}

std::vector<std::string> Step::ChainOf(const std::string& class_name) const {
  std::vector<std::string> chain = {SuccessorOf(class_name)};
  if (!next_.plan.has_value()) return chain;
  while (chain.size() < kMaxSteps && !Spec(chain.back()).next.empty()) {
    chain.push_back(Spec(chain.back()).next);
  }
  return chain;
}

int64_t Step::OnlineIn(const std::string& class_name) const {
  return std::count_if(next_.agents.begin(), next_.agents.end(), [&class_name](const auto& entry) {
    return entry.second.eligible() && entry.second.Serves(class_name);
  });
}

void Step::Settle(const std::string& id) {
  SessionRecord& session = next_.sessions[id];
  if (const std::string home = SuccessorOf(session.home); home != session.home) {
    session.home = home;
    session.weight = OwnWeight(session, home);
  }
  const std::vector<std::string> chain = ChainOf(session.class_name);
  size_t at = 0;
  while (at + 1 < chain.size() && now_ >= session.group_ms + Spec(chain[at]).next_after_ms) ++at;
  if (OnlineIn(chain[at]) == 0) {
    for (size_t later = at + 1; later < chain.size(); ++later) {
      if (OnlineIn(chain[later]) == 0) continue;
      at = later;
      break;
    }
  }
  session.class_name = chain[at];
}

int64_t Step::DueOf(const SessionRecord& session) const {
  if (session.state == SessionState::kOffered || session.state == SessionState::kWrap) {
    return session.until_ms;
  }
  if (!session.waiting()) return 0;
  std::optional<int64_t> due;
  auto consider = [&due](int64_t ms) { due = std::min(due.value_or(ms), ms); };
  const int64_t limit = Spec(session.home).waiting_limit_ms;
  if (limit > 0) consider(session.since_ms + limit);
  if (session.gone_ms > 0) {
    consider(session.gone_ms);
    return *due;
  }
  if (session.sticky_ms > 0) consider(session.sticky_ms);
  const ClassSpec spec = Spec(session.class_name);
  if (!spec.next.empty()) consider(session.group_ms + spec.next_after_ms);
  for (const std::vector<Exclusion>& list : {session.excluded, session.given}) {
    for (const Exclusion& exclusion : list) {
      if (exclusion.until_ms > now_) consider(exclusion.until_ms);
    }
  }
  if (session.firm_ms > now_) consider(session.firm_ms);
  return due.value_or(0);
}

bool Step::QueueIsFull(const std::string& class_name) const {
  const auto cap = static_cast<int64_t>(Spec(class_name).queue_cap);
  const std::string_view group = GroupOf(class_name);
  const int64_t waiting =
      std::count_if(next_.sessions.begin(), next_.sessions.end(), [group](const auto& entry) {
        return entry.second.waiting() && GroupOf(entry.second.home) == group;
      });
  return cap > 0 && waiting >= cap;
}

absl::StatusOr<Reply> Step::operator()(const Configure& command) {
  const auto version = static_cast<int64_t>(command.plan.version());
  if (version <= (next_.plan.has_value() ? static_cast<int64_t>(next_.plan->version()) : 0)) {
    return Unchanged();
  }
  std::map<std::string, ClassSpec> before = next_.retired;
  for (const ClassSpec& spec : (next_.plan ? *next_.plan : policy_.classes).all()) {
    before[spec.name] = Spec(spec.name);
  }
  next_.retired.clear();
  for (auto& [name, spec] : before) {
    if (IsPersonal(name) || command.plan.Has(name) || WaitingIn(name).empty()) continue;
    spec.next.clear();
    next_.retired[name] = spec;
  }
  next_.plan = command.plan;
  for (const auto& [name, spec] : next_.retired) AskAgain("retire:" + name);
  return Commit();
}

}  // namespace kefu::gateway::routing
