#include "gateway/consults/domain/consults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::gateway::consults {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConsultsTest : public ::testing::Test {
 protected:
  Consult Of(const SessionId& session, const AgentId& asker, const AgentId& agent) {
    return {ConsultId::New(), session, asker, agent, {}};
  }
  std::string Refused(const Consult& consult) {
    const auto next = Start(consults_, consult);
    return next.ok() ? "accepted" : ErrorReason(next.status());
  }
  Consult Began(const AgentId& agent) {
    Consult consult = Of(session_, ada_, agent);
    const auto next = Start(consults_, consult);
    EXPECT_TRUE(next.ok()) << next.status();
    consults_ = *next;
    return consult;
  }

  const SessionId session_{ConversationId::New(), 1};
  const SessionId other_{ConversationId::New(), 1};
  const AgentId ada_ = AgentId::New();
  const AgentId bob_ = AgentId::New();
  const AgentId eve_ = AgentId::New();
  Consults consults_;
};

TEST_F(ConsultsTest, TheSameOneAgainChangesNothing) {
  const Consult consult = Began(bob_);
  EXPECT_THAT(*Start(consults_, consult), ElementsAre(consult));
}

TEST_F(ConsultsTest, AColleagueIsAskedOnceAtATimeAboutASession) {
  Began(bob_);
  EXPECT_EQ(Refused(Of(session_, ada_, bob_)), "CONSULT_GOING_ON");
  EXPECT_EQ(Refused(Of(session_, ada_, eve_)), "accepted");
  EXPECT_EQ(Refused(Of(other_, ada_, bob_)), "accepted");
}

TEST_F(ConsultsTest, TheirNumberIsBounded) {
  for (size_t i = 0; i < kMaxOfSession; ++i) Began(AgentId::New());
  EXPECT_EQ(Refused(Of(session_, ada_, bob_)), "TOO_MANY_CONSULTS");
  while (consults_.size() < kMaxOfShop)
    consults_.push_back(Of({ConversationId::New(), 1}, ada_, bob_));
  EXPECT_EQ(Refused(Of(other_, ada_, eve_)), "TOO_MANY_CONSULTS");
}

TEST_F(ConsultsTest, OnlyWhoTakesPartFindsIt) {
  const Consult consult = Began(bob_);
  EXPECT_NE(Find(consults_, session_, consult.id, ada_), nullptr);
  EXPECT_NE(Find(consults_, session_, consult.id, bob_), nullptr);
  EXPECT_EQ(Find(consults_, session_, consult.id, eve_), nullptr);
  EXPECT_EQ(Find(consults_, other_, consult.id, ada_), nullptr);
  EXPECT_THAT(consults::Of(consults_, bob_), SizeIs(1));
  EXPECT_THAT(consults::Of(consults_, eve_), IsEmpty());
}

TEST_F(ConsultsTest, ItEndsWhenTheSessionIsTheAskersNoMore) {
  const Consult consult = Began(bob_);
  EXPECT_THAT(EndedBy(consults_, {{session_.str(), ada_.str()}}), IsEmpty());
  EXPECT_THAT(EndedBy(consults_, {{other_.str(), ""}}), IsEmpty());
  EXPECT_THAT(EndedBy(consults_, {{session_.str(), bob_.str()}}), ElementsAre(consult));
  const Consults ended = EndedBy(consults_, {{session_.str(), ""}});
  EXPECT_THAT(ended, ElementsAre(consult));
  EXPECT_THAT(Without(consults_, ended), IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway::consults
