// A private Redis for simulations, and shorthands.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/simulation/input.h"
#include "gateway/routing/simulation/private_redis.h"
#include "gateway/routing/simulation/run.h"
#include "tests/gateway/routing/support/wait_for.h"

namespace kefu::gateway::routing::simulation {

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() : redis_(Ok(kefu::test::WaitFor(PrivateRedis::Start("redis-server")))) {}

  template <class T>
  static T Ok(absl::StatusOr<T> result) {
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T{};
  }

  RunResult Play(const std::vector<SimulatedSession>& sessions,
                 const std::vector<SimulatedAgent>& agents, RunOptions options = {},
                 Policy policy = FifoPolicy()) {
    const std::string shop = redis_->NewShop();
    return Ok(kefu::test::WaitFor(simulation::Simulate(redis_->shards(), shop, std::move(policy),
                                                       sessions, agents, options)));
  }

  std::unique_ptr<PrivateRedis> redis_;
};

}  // namespace kefu::gateway::routing::simulation
