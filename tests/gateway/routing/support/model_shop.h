// A shop that lives in the model alone.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/domain/invariants.h"
#include "gateway/routing/domain/model.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::test {

inline constexpr int64_t kModelStart = 1'000'000;

// A shop that commands are tried on, one after the other.
class Shop {
 public:
  // The reason of a refusal; "" if it was done, "unchanged" if there was nothing to do.
  std::string Try(const Command& command) {
    absl::StatusOr<Decision> decision = Apply(state_, command, TimePoint{now_}, policy_);
    if (!decision.ok()) return ErrorReason(decision.status());
    state_ = std::move(decision->next);
    reply_ = std::move(decision->reply);
    EXPECT_THAT(Violations(DumpOf(state_, policy_.classes), policy_.classes, false),
                testing::IsEmpty());
    return reply_.changes.empty() && reply_.agents.empty() ? "unchanged" : "";
  }
  void Arrive(const std::string& session, const std::string& class_name = "g.0",
              int64_t boost_ms = 0) {
    EXPECT_EQ(Try(OpenSession{.session = session, .class_name = class_name, .boost_ms = boost_ms}),
              "");
  }
  void Online(const std::string& agent, int64_t capacity = 100,
              std::vector<std::string> classes = {"g.0"}) {
    EXPECT_EQ(Try(ConnectAgent{agent, 1, capacity, std::move(classes)}), "");
    EXPECT_EQ(Try(SetPresence{agent, AgentPresence::kOnline}), "");
  }
  void Advance(int64_t ms) { now_ += ms; }

  const SessionRecord& session(const std::string& id) const { return state_.sessions.at(id); }
  const AgentRecord& agent(const std::string& id) const { return state_.agents.at(id); }
  AgentRecord& change(const std::string& id) { return state_.agents.at(id); }
  const Reply& reply() const { return reply_; }
  const State& state() const { return state_; }
  Policy& policy() { return policy_; }

 private:
  Policy policy_;
  State state_;
  Reply reply_;
  int64_t now_ = kModelStart;
};

}  // namespace kefu::gateway::routing::test
