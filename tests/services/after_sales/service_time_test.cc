// Deadlines and snapshots.
#include "tests/services/after_sales/service_fixture.h"

namespace kefu::after_sales {
namespace {

TEST_F(ServiceTest, TheDeadlineClosesTheCaseByItself) {
  Stop();
  config_.policy.return_within_ms = 50;
  Start();
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  ASSERT_TRUE(Eventually([this] { return Get()->state() == v1::Case::STATE_CLOSED; }));
  EXPECT_EQ(ErrorReason(Do(&Stub::ReportReturn, {}, ROLE_BUYER).status()), "RETURN_TOO_LATE");
  EXPECT_EQ(Events().back().case_().state(), v1::Case::STATE_CLOSED);
}

TEST_F(ServiceTest, ADeadlineThatPassedWhileTheServiceWasDownIsKept) {
  Stop();
  config_.policy.return_within_ms = 1;
  absl::StatusOr<std::unique_ptr<server::Service>> bound = Bind(config_, metrics_);
  ASSERT_TRUE(bound.ok());
  service_ = *std::move(bound);  // without Begin: its timers are not served
  stub_ = v1::CaseService::NewStub(
      grpc::CreateChannel(service_->Addresses()["grpc"], grpc::InsecureChannelCredentials()));
  ASSERT_TRUE(Eventually([&] { return Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok(); }));
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  EXPECT_EQ(Get()->state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  Stop();
  Start();
  ASSERT_TRUE(Eventually([this] { return Get()->state() == v1::Case::STATE_CLOSED; }));
}

TEST_F(ServiceTest, ASnapshotShowsThePresentState) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  events::v1::SnapshotRequest request;
  request.set_shop("demo");
  events::v1::SnapshotResponse response;
  const absl::Status taken =
      Call(*log_, &events::v1::EventLogService::Stub::Snapshot, request, &response);
  ASSERT_TRUE(taken.ok()) << taken;
  ASSERT_EQ(response.envelopes_size(), 1);
  EXPECT_EQ(response.envelopes(0).subject(), case_.str());
  EXPECT_EQ(response.head_seq(), 2u);
}

}  // namespace
}  // namespace kefu::after_sales
