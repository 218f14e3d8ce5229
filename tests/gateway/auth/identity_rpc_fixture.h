// The methods about who is who, over a real store, called as their clients call them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "gateway/auth/buyer_identity.h"
#include "gateway/rpc/admin_service.h"
#include "gateway/rpc/auth_service.h"
#include "gateway/rpc/operator_service.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway {

using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Remembers what was linked; answers what the test says.
class FakeLinker final : public auth::ConversationLinker {
 public:
  Task<absl::Status> Link(server::CallScope, ShopId shop, ConversationId from, ConversationId to,
                          std::string request_id) override {
    links.push_back(shop.str() + " " + from.str() + " " + to.str());
    request_ids.push_back(request_id);
    co_return answer;
  }
  std::vector<std::string> links, request_ids;
  absl::Status answer;
};

class IdentityRpcTest : public ::testing::Test {
 protected:
  static CallContext From(Caller caller) {
    CallContext context;
    context.caller = std::move(caller);
    context.peer = "192.0.2.1";
    return context;
  }
  CallContext Anyone() { return From({}); }
  CallContext Operator() {
    Caller caller;
    caller.role = ROLE_OPERATOR;
    caller.subject = "operator";
    return From(caller);
  }
  CallContext Holding(const std::string& token) {
    return From(Await(world_.here.authenticator.Authenticate(token)).value());
  }
  std::string RequestId() { return "request-" + std::to_string(++requests_); }

  void AddStaff(const std::string& login, Role role) {
    v1::CreatePersonRequest person;
    person.set_request_id(RequestId());
    person.set_login(login);
    person.set_password("correct horse");
    person.set_display_name(login);
    ASSERT_TRUE(Await(operator_.CreatePerson(Operator(), person)).ok());
    v1::CreateAgentInRequest agent;
    agent.set_request_id(RequestId());
    agent.set_shop("demo");
    agent.mutable_agent()->set_login(login);
    agent.mutable_agent()->set_display_name(login);
    agent.mutable_agent()->set_role(role);
    agent.mutable_agent()->set_capacity(100);
    ASSERT_TRUE(Await(operator_.CreateAgentIn(Operator(), agent)).ok());
  }
  v1::CreateShopResponse AddDemoShop() {
    v1::CreateShopRequest request;
    request.set_request_id(RequestId());
    request.mutable_shop()->set_shop("demo");
    request.mutable_shop()->set_display_name("Demo");
    return Await(operator_.CreateShop(Operator(), request)).value();
  }
  v1::SignInResponse SignIn(const std::string& login,
                            const std::string& password = "correct horse") {
    v1::SignInRequest request;
    request.set_login(login);
    request.set_password(password);
    request.set_shop("demo");
    return Await(auth_.SignIn(Anyone(), request)).value();
  }
  CallContext Admin() {
    if (admin_token_.empty()) {
      AddStaff("chief", ROLE_ADMIN);
      admin_token_ = SignIn("chief").token();
    }
    return Holding(admin_token_);
  }
  v1::IdentifyBuyerRequest SignedRequest(const v1::CreateShopResponse& shop) {
    auth::IdentityClaim claim{
        "demo", "customer-1", "Wang", test::kNow.ms / 1000, shop.identity_key_id(), ""};
    v1::IdentifyBuyerRequest request;
    request.set_shop("demo");
    request.set_external_id("customer-1");
    request.set_display_name("Wang");
    request.set_timestamp(claim.timestamp);
    request.set_key_id(shop.identity_key_id());
    request.set_signature(auth::SignIdentity(shop.identity_key(), claim));
    return request;
  }
  v1::StartGuestResponse StartGuest() {
    v1::StartGuestRequest request;
    request.set_shop("demo");
    return Await(auth_.StartGuest(Anyone(), request)).value();
  }

  World world_;
  FakeLinker linker_;
  int raised_ = 0;
  std::vector<std::string> erased_;
  int requests_ = 0;
  std::string admin_token_;
  AuthService auth_{{world_.here.directory, world_.here.registrar, world_.here.desk,
                     world_.here.sign_ins, world_.here.limiter, world_.tokens, world_.master_keys,
                     linker_, world_.clock}};
  OperatorService operator_{{world_.here.directory, world_.here.registrar, world_.master_keys,
                             [this](server::CallScope, ShopId, std::string)
                                 -> Task<absl::StatusOr<std::map<std::string, uint64_t>>> {
                               co_return std::map<std::string, uint64_t>{
                                   {"inquiries", static_cast<uint64_t>(++raised_) + 1}};
                             }}};
  directory::RoutingConfigs routing_configs_{world_.store, world_.here.notices};
  AdminService admin_{
      {world_.here.directory, world_.here.registrar, routing_configs_, world_.here.audit_log,
       world_.master_keys,
       [this](server::CallScope, ShopId shop, BuyerId buyer, std::string) -> Task<absl::Status> {
         erased_.push_back(shop.str() + " " + buyer.str());
         co_return absl::OkStatus();
       }}};
};

inline std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolationsOf(status);
  return violations.empty() ? ErrorReason(status) : violations[0].field;
}

}  // namespace kefu::gateway
