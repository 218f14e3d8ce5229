#include "gateway/edge/admission.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "proto/kefu/gateway/v1/agent.pb.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/gateway/v1/copilot.pb.h"
#include "proto/kefu/gateway/v1/one_look.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using ::testing::IsEmpty;

MethodPolicy PolicyOf(const std::string& method) {
  const auto* descriptor = DescriptorPool::generated_pool()->FindMethodByName(method);
  EXPECT_NE(descriptor, nullptr) << method;
  return descriptor->options().GetExtension(kefu::policy);
}

Caller ProgramWith(std::vector<Scope> scopes) {
  Caller caller;
  caller.role = ROLE_AGENT;
  caller.program = Program{"k_x", std::move(scopes)};
  return caller;
}

const char kSend[] = "kefu.gateway.v1.AgentService.SendMessage";
const char kList[] = "kefu.gateway.v1.AgentService.ListMessages";

TEST(Scopes, AProgramNeedsOneOfThoseThatTheMethodNames) {
  EXPECT_TRUE(CheckScopes(PolicyOf(kSend), ProgramWith({SCOPE_SESSIONS})).ok());
  EXPECT_TRUE(CheckScopes(PolicyOf(kList), ProgramWith({SCOPE_SUGGEST})).ok());
  EXPECT_TRUE(CheckScopes(PolicyOf("kefu.gateway.v1.AuthService.WhoAmI"), ProgramWith({})).ok());
  const absl::Status missing =
      CheckScopes(PolicyOf(kSend), ProgramWith({SCOPE_SUGGEST, SCOPE_ORDERS_READ}));
  EXPECT_EQ(missing.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorReason(missing), "SCOPE_MISSING");
  EXPECT_EQ(ErrorMetadataOf(missing).at("scope"), "SCOPE_SESSIONS");
  EXPECT_EQ(ErrorMetadataOf(CheckScopes(PolicyOf(kList), ProgramWith({}))).at("scope"),
            "SCOPE_SESSIONS or SCOPE_SUGGEST");
}

TEST(Scopes, AMethodThatNamesNoneIsForPeople) {
  const MethodPolicy for_people = PolicyOf("kefu.orders.v1.OrderService.UnmaskContact");
  EXPECT_EQ(ErrorReason(CheckScopes(for_people, ProgramWith({SCOPE_ORDERS_READ}))),
            "NOT_FOR_PROGRAMS");
}

TEST(Scopes, PeopleAndIntegratorsAreNotAsked) {
  Caller person;
  person.role = ROLE_AGENT;
  EXPECT_TRUE(CheckScopes(PolicyOf(kSend), person).ok());
  EXPECT_TRUE(CheckScopes(PolicyOf("kefu.orders.v1.OrderService.UnmaskContact"), person).ok());
}

// Whoever adds a method for agents says in its policy what a program needs for it, or adds it here.
TEST(Scopes, EveryMethodOfAgentsSaysWhatAProgramNeedsOrIsForPeople) {
  const std::set<std::string> for_people = {"kefu.gateway.v1.AuthService.SignOut",
                                            "kefu.gateway.v1.AuthService.ChangePassword",
                                            "kefu.gateway.v1.RoutingConfigService.GetHours",
                                            "kefu.orders.v1.OrderService.UnmaskContact",
                                            "kefu.records.v1.RecordService.GetFigures",
                                            "kefu.records.v1.RecordService.ListSessions",
                                            "kefu.records.v1.RecordService.SearchTranscripts"};
  std::set<std::string> undecided;
  for (const char* name :
       {"gateway/v1/agent", "gateway/v1/auth", "gateway/v1/copilot", "gateway/v1/one_look",
        "gateway/v1/routing_config", "orders/v1/service", "logistics/v1/service",
        "after_sales/v1/service", "records/v1/service"}) {
    const FileDescriptor* file =
        DescriptorPool::generated_pool()->FindFileByName(std::string("kefu/") + name + ".proto");
    ASSERT_NE(file, nullptr) << name;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const std::string& method = file->service(i)->method(j)->full_name();
        const MethodPolicy policy = PolicyOf(method);
        const bool for_agents =
            std::count(policy.roles().begin(), policy.roles().end(), ROLE_AGENT) > 0;
        if (for_agents && policy.scopes().empty() && for_people.count(method) == 0)
          undecided.insert(method);
      }
    }
  }
  EXPECT_THAT(undecided, IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway
