#include "services/after_sales/rpc/convert.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "services/after_sales/storage/records.h"
#include "services/common/base/status.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::rpc {
namespace {

common::v1::Actor ActorOf(Role role, const std::string& id) {
  common::v1::Actor actor;
  actor.set_role(role);
  actor.set_id(id);
  return actor;
}

TEST(ConvertTest, NobodyFromOutsideIsTheClock) {
  for (const Role role : {ROLE_UNSPECIFIED, ROLE_ANYONE, ROLE_OPERATOR})
    EXPECT_FALSE(ReadActor(ActorOf(role, "x")).ok());
  EXPECT_FALSE(ReadActor(ActorOf(ROLE_BUYER, "")).ok());
  EXPECT_FALSE(ReadActor(ActorOf(ROLE_AGENT, std::string(65, 'x'))).ok());
  EXPECT_EQ(ReadActor(ActorOf(ROLE_AGENT, "a_1"))->role, domain::Role::kAgent);
}

TEST(ConvertTest, OnlyWhatWasPaidCanBeGivenBack) {
  using orders::v1::Order;
  std::map<Order::Payment, domain::Payment> payments = {
      {Order::PAYMENT_PAID, domain::Payment::kPaid},
      {Order::PAYMENT_PARTIALLY_PAID, domain::Payment::kPaid},
      {Order::PAYMENT_PARTIALLY_REFUNDED, domain::Payment::kPaid},
      {Order::PAYMENT_REFUNDED, domain::Payment::kRefunded}};
  for (int i = Order::Payment_MIN; i <= Order::Payment_MAX; ++i) {
    Order order;
    order.set_payment(static_cast<Order::Payment>(i));
    const auto expected = payments.find(order.payment());
    EXPECT_EQ(FactsOf(order).payment,
              expected == payments.end() ? domain::Payment::kUnpaid : expected->second)
        << i;
  }
}

TEST(ConvertTest, BuyersReadWhatWasSaidToThemAndNotWhoSaidIt) {
  test::Desk desk;
  ASSERT_TRUE(
      desk.Open(test::Opening(domain::Kind::kReturnRefund), domain::Role::kBuyer, "mine").ok());
  const auto go = [&](domain::Action action, domain::Role role, const std::string& note) {
    ASSERT_TRUE(desk.Do(std::move(action), role, 1, note).ok());
  };
  go(domain::RequestInformation{}, domain::Role::kAgent, "which colour?");
  go(domain::Amend{}, domain::Role::kBuyer, "blue");
  go(domain::Reject{}, domain::Role::kAgent, "worn");
  go(domain::Amend{}, domain::Role::kBuyer, "not worn");
  go(domain::Approve{}, domain::Role::kAgent, "a nuisance");
  go(domain::ReportReturn{}, domain::Role::kBuyer, "sent");
  go(domain::ReceiveReturn{}, domain::Role::kAgent, "smells");
  go(domain::InspectReturn{}, domain::Role::kAgent, "of smoke");
  go(domain::Reject{}, domain::Role::kAgent, "used");
  const v1::Case whole = storage::ToProto(desk.order, desk.At());

  const v1::Case shown = ShownTo({domain::Role::kBuyer, test::Buyer()}, whole);
  std::string notes;
  for (const v1::Move& move : shown.history()) {
    notes += move.note() + "|";
    EXPECT_EQ(move.actor().id(), move.actor().role() == ROLE_BUYER ? test::Buyer() : "");
  }
  EXPECT_EQ(notes, "mine|which colour?|blue|worn|not worn||sent|||used|");
  EXPECT_EQ(ShownTo({domain::Role::kAgent, "a"}, whole).SerializeAsString(),
            whole.SerializeAsString());
}

}  // namespace
}  // namespace kefu::after_sales::rpc
