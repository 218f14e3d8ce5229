// A directory over a real store.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "gateway/auth/buyer_identity.h"
#include "gateway/directory/registrar.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::directory {

using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RegistrarTest : public ::testing::Test {
 protected:
  RegistrarTest() {
    world_.here.registrar.SetAgentHook([this](ShopId, AgentInfo agent) -> Task<absl::Status> {
      if (!routing_answer_.ok()) co_return routing_answer_;
      routed_.push_back({agent.id.str(), agent.version});
      in_service_ = agent.in_service();
      co_return absl::OkStatus();
    });
  }
  Registrar& registrar() { return world_.here.registrar; }
  int64_t Owed(const std::string& shop) {
    return world_.Command({"ZCARD", "kf:gateway:{" + shop + "}:unsettled"}).Int();
  }

  World world_;
  absl::Status routing_answer_;
  std::vector<std::pair<std::string, uint64_t>> routed_;
  bool in_service_ = true;
};

// Shops

}  // namespace kefu::gateway::directory
