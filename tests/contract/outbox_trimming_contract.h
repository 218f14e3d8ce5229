// What every Outbox promises about the registration of consumers and what is kept for them.
// Subjects: outbox_contract.h.
#pragma once

#include <string>

#include "tests/contract/outbox_contract.h"

namespace kefu::contract {

class OutboxTrimmingContract : public OutboxContract {};

TEST_P(OutboxTrimmingContract, ReportsWithoutSenseAreRefused) {
  for (const char* consumer : {"", "Bad Name", "a:b"})
    EXPECT_EQ(Report(consumer, 4).code(), absl::StatusCode::kInvalidArgument) << consumer;
  EXPECT_EQ(Report("records", ~uint64_t{0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Report("records", 4, ~uint64_t{0}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(OutboxTrimmingContract, AThousandShopsAreReportedAtOnceAndNotMore) {
  events::v1::ReportCursorsRequest request;
  request.set_consumer("records");
  for (int i = 0; i < 1000; ++i) {
    auto* const cursor = request.add_cursors();
    cursor->set_shop("shop-" + std::to_string(i));
    cursor->set_store_epoch(1);
  }
  EXPECT_TRUE(test::Await(outbox().ReportCursors(Scope(), request)).ok());
  request.add_cursors()->set_shop("one-more");
  EXPECT_EQ(test::Await(outbox().ReportCursors(Scope(), request)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(OutboxTrimmingContract, NothingIsTrimmedThatSomeConsumerHasYetToRead) {
  PutMany(10);
  ASSERT_TRUE(Report("records", 7).ok());
  ASSERT_TRUE(Report("orders", 2).ok());
  ASSERT_TRUE(Report("orders", 4).ok());
  clock().Advance(2 * kHour);
  EXPECT_EQ(Trim(), 4u);
  EXPECT_THAT(Seqs(Read(4, 1)), testing::ElementsAre(5, 6, 7, 8, 9, 10));
  EXPECT_EQ(Trim(), 0u);
}

TEST_P(OutboxTrimmingContract, WhatIsYoungIsKeptThoughAllHaveReadIt) {
  PutMany(5);
  ASSERT_TRUE(Report("records", 5).ok());
  clock().Advance(kHour);
  EXPECT_EQ(Trim(), 0u);
  clock().Advance(1);
  Put("t0");
  EXPECT_EQ(Trim(), 5u);
  EXPECT_THAT(Seqs(Read(0)), testing::ElementsAre(6));
}

TEST_P(OutboxTrimmingContract, WithoutConsumersAllIsKeptForAWeek) {
  PutMany(5);
  clock().Advance(kWeek);
  Put("t0");
  EXPECT_EQ(Trim(), 0u);
  clock().Advance(1);
  EXPECT_EQ(Trim(), 5u);
  EXPECT_THAT(Seqs(Read(0)), testing::ElementsAre(6));
}

TEST_P(OutboxTrimmingContract, AConsumerNotHeardOfForAWeekHoldsNothingBack) {
  ASSERT_TRUE(Report("gone", 0).ok());
  clock().Advance(kWeek - 2 * kHour);
  PutMany(5);
  ASSERT_TRUE(Report("records", 5).ok());
  clock().Advance(2 * kHour);
  EXPECT_EQ(Trim(), 0u);
  clock().Advance(1);
  EXPECT_EQ(Trim(), 5u);
}

TEST_P(OutboxTrimmingContract, AConsumerThatStandsStillButIsHeardOfHoldsItsEventsBack) {
  ASSERT_TRUE(Report("slow", 0).ok());
  clock().Advance(kWeek - 2 * kHour);
  PutMany(5);
  ASSERT_TRUE(Report("slow", 0).ok());
  ASSERT_TRUE(Report("records", 5).ok());
  clock().Advance(3 * kHour);
  EXPECT_EQ(Trim(), 0u);
}

TEST_P(OutboxTrimmingContract, NoConsumerHoldsAnEventForMoreThanAWeek) {
  PutMany(3);
  clock().Advance(kWeek + 1);
  ASSERT_TRUE(Report("slow", 0).ok());
  EXPECT_EQ(Trim(), 3u);
  EXPECT_EQ(ErrorReason(Read(1, 1).status()), "LOG_TRIMMED");
}

TEST_P(OutboxTrimmingContract, TrimmingGoesInBoundedSteps) {
  PutMany(1100);
  clock().Advance(kWeek + 1);
  EXPECT_EQ(Trim(), 1000u);
  EXPECT_EQ(Trim(), 100u);
  EXPECT_EQ(Trim(), 0u);
}

}  // namespace kefu::contract
