#include "deploy/ctl/commands/command.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "proto/kefu/options.pb.h"

namespace kefu::ctl {
namespace {

using testing::IsEmpty;

TEST(CommandTablesTest, NameMethodsAndFieldsThatTheProtosHave) {
  for (const Noun& noun : AllNouns()) {
    for (const Command& command : noun.commands) {
      EXPECT_THAT(Faults(command), IsEmpty()) << noun.name << " " << command.verb;
    }
  }
}

TEST(CommandTablesTest, HaveACommandForEveryPublicMethodOfTheirServices) {
  std::set<std::string> covered, services;
  for (const Noun& noun : AllNouns()) {
    for (const Command& command : noun.commands) {
      covered.insert(command.method);
      const std::string service = command.method.substr(0, command.method.find('/'));
      // Other commands of the one are in cli.cc, and most of the other are what `chat` does.
      const bool in_part =
          service == "kefu.gateway.v1.AdminService" || service == "kefu.gateway.v1.AgentService";
      if (!in_part) services.insert(service);
    }
  }
  for (const std::string& name : services) {
    const auto* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* method = service->method(i);
      if (method->options().GetExtension(policy).roles().empty() || method->server_streaming())
        continue;
      EXPECT_TRUE(covered.contains(name + "/" + method->name())) << method->full_name();
    }
  }
}

TEST(CommandTablesTest, TellWhatIsWrongWithARow) {
  const Command unknown = {.verb = "x", .method = "kefu.orders.v1.OrderService/Nothing"};
  EXPECT_THAT(Faults(unknown), testing::SizeIs(1));
  const Command misspelt = {.verb = "x",
                            .method = "kefu.orders.v1.OrderService/ListOrders",
                            .options = {{.name = "--byer", .field = "byer"}},
                            .rows = "orders",
                            .columns = {"totals.totl"}};
  EXPECT_THAT(Faults(misspelt), testing::SizeIs(2));
}

}  // namespace
}  // namespace kefu::ctl
