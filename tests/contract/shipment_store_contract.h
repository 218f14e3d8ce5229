// What the store of shipments promises, on whatever aggregates it stands.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/logistics/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"
#include "tests/services/logistics/support/stack.h"

namespace kefu::logistics::storage {
using test::Await;
using test::Event;
using test::kDay;
using test::Process;

inline constexpr char kOrder[] = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa";
inline constexpr char kBuyer[] = "b_aaaaaaaaaaaaaaaaaaaaaaaaaa";
inline constexpr char kOther[] = "b_bbbbbbbbbbbbbbbbbbbbbbbbbb";

class ShipmentStoreContract : public testing::TestWithParam<kefu::test::AggregateSubject>,
                              protected test::Stack {
 protected:
  ShipmentStoreContract() : Stack(GetParam().make("logistics")) {}

  static logistics::Register Named(const std::string& number, const std::string& buyer = kBuyer) {
    logistics::Register command;
    command.carrier = "ups";
    command.tracking_number = number;
    command.order = kOrder;
    command.buyer = buyer;
    return command;
  }
  Written Register(logistics::Register command) {
    const auto written = Await(process_->shipments.Register(shop_, {}, std::move(command)));
    EXPECT_TRUE(written.ok()) << written.status();
    return *written;
  }
  Written Add(const std::string& number, TrackingEvents events) {
    const logistics::AddEvents command{"ups", number, std::move(events)};
    const auto written = Await(process_->shipments.AddEvents(shop_, {}, command));
    EXPECT_TRUE(written.ok()) << written.status();
    return *written;
  }
  StoredShipment Get(const std::string& number) {
    const auto stored = Await(process_->shipments.Get(shop_, ShipmentIdOf("ups", number)));
    EXPECT_TRUE(stored.ok()) << stored.status();
    return *stored;
  }
  // All pages together.
  std::vector<std::string> List(Filter filter, size_t limit = 3) {
    std::vector<std::string> numbers;
    std::string position;
    do {
      const auto page = Await(process_->shipments.List(shop_, filter, position, limit));
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->shipments.size(), limit);
      for (const StoredShipment& stored : page->shipments)
        numbers.push_back(stored.shipment.tracking_number);
      position = page->next;
    } while (!position.empty());
    return numbers;
  }

  const std::unique_ptr<Process> process_ = NewProcess();
};

TEST_P(ShipmentStoreContract, WhatWasWrittenIsReadBack) {
  logistics::Register command = Named("N0001");
  command.arrivals = {{Arrival::Kind::kPromised, kDay, kDay + 1000},
                      {Arrival::Kind::kCarrier, std::nullopt, kDay}};
  command.parent = ShipmentIdOf("ups", "N0000").str();
  command.order_number = "4711";
  command.direction = Direction::kReplacement;
  Register(command);
  TrackingEvent event = Event(1, Status::kInTransit);
  event.substatus = "CUSTOMS";
  event.text = "清关";
  event.place = "上海";
  event.source = "kuaidi100";
  event.raw_code = "8";
  event.raw_time = "2025-03-04 08:01:00";
  const Written written = Add("N0001", {event, Event(0, Status::kPickedUp)});
  const StoredShipment stored = Get("N0001");
  EXPECT_EQ(stored.shipment, written.stored.shipment);
  EXPECT_EQ(stored.version, written.stored.version);
  EXPECT_EQ(stored.shipment.events.size(), 2u);
  EXPECT_EQ(stored.shipment.whereabouts, (Whereabouts{Status::kInTransit, "CUSTOMS", event.time}));
}

TEST_P(ShipmentStoreContract, AnAbsentShipmentAndAnotherShopsAreNotFound) {
  Register(Named("N0001"));
  const auto absent = Await(process_->shipments.Get(shop_, ShipmentIdOf("ups", "N0002")));
  EXPECT_EQ(ErrorReason(absent.status()), "NO_SUCH_SHIPMENT");
  const ShopId other = *ShopId::Parse("other");
  const auto foreign = Await(process_->shipments.Get(other, ShipmentIdOf("ups", "N0001")));
  EXPECT_EQ(foreign.status(), absent.status());
}

TEST_P(ShipmentStoreContract, EachChangeIsOneEventAndARepetitionNone) {
  EXPECT_TRUE(Register(Named("N0001")).created);
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
  EXPECT_FALSE(Register(Named("N0001")).changed);
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
  const TrackingEvents events = {Event(0, Status::kPickedUp), Event(-1, Status::kInfoReceived)};
  EXPECT_TRUE(Add("N0001", events).changed);
  EXPECT_EQ(world_->Log(shop_).size(), 2u) << "all events of a batch are one commit";
  EXPECT_FALSE(Add("N0001", events).changed);
  EXPECT_EQ(world_->Log(shop_).size(), 2u);
  EXPECT_EQ(Get("N0001").version, 2u);
}

TEST_P(ShipmentStoreContract, AnEventSaysTheStateAndTheOneBefore) {
  Register(Named("N0001"));
  Add("N0001", {Event(-9, Status::kPickedUp), Event(0, Status::kDelivered)});
  const events::v1::Envelope told = world_->Log(shop_).back();
  EXPECT_EQ(told.type(), "com.kefu.shipment.changed.v1");
  EXPECT_EQ(told.subject(), ShipmentIdOf("ups", "N0001").str());
  v1::ShipmentChanged changed;
  ASSERT_TRUE(changed.ParseFromString(told.data()));
  EXPECT_EQ(changed.previous_status(), v1::Shipment::STATUS_PENDING);
  EXPECT_EQ(changed.shipment().status(), v1::Shipment::STATUS_DELIVERED);
  EXPECT_EQ(changed.shipment().order(), kOrder);
  EXPECT_EQ(changed.shipment().etag(), "2");
  EXPECT_EQ(changed.shipment().events_size(), 1);
}

TEST_P(ShipmentStoreContract, ShipmentsAreFoundByWhatTheyAre) {
  Register(Named("N0001"));
  Register(Named("N0002", kOther));
  logistics::Register loose = Named("N0003");
  loose.order.clear();
  Register(loose);
  Add("N0001", {Event(0, Status::kDelivered)});
  using Numbers = std::multiset<std::string>;
  const auto found = [this](Filter filter) {
    const auto numbers = List(std::move(filter));
    return Numbers(numbers.begin(), numbers.end());
  };
  EXPECT_EQ(found({.order = kOrder}), (Numbers{"N0001", "N0002"}));
  EXPECT_EQ(found({.order = kOrder, .buyer = kOther}), (Numbers{"N0002"}));
  EXPECT_EQ(found({.tracking_number = "N0003"}), (Numbers{"N0003"}));
  EXPECT_EQ(found({.buyer = kBuyer}), (Numbers{"N0001", "N0003"}));
  EXPECT_EQ(found({.status = Status::kDelivered}), (Numbers{"N0001"}));
  EXPECT_EQ(found({.status = Status::kPending}), (Numbers{"N0002", "N0003"}));
  EXPECT_EQ(found({.buyer = kBuyer, .status = Status::kPending}), (Numbers{"N0003"}));
  EXPECT_EQ(found({}), (Numbers{"N0001", "N0002", "N0003"}));
  EXPECT_EQ(found({.order = "o_zzzzzzzzzzzzzzzzzzzzzzzzzz"}), Numbers());
}

TEST_P(ShipmentStoreContract, ListsFollowWhatChanges) {
  Register(Named("N0001"));
  logistics::Register moved = Named("N0001", kOther);
  moved.order = "o_cccccccccccccccccccccccccc";
  Register(moved);
  EXPECT_TRUE(List({.order = kOrder}).empty());
  EXPECT_TRUE(List({.buyer = kBuyer}).empty());
  EXPECT_EQ(List({.order = moved.order}).size(), 1u);
  EXPECT_EQ(List({.buyer = kOther}).size(), 1u);
}

TEST_P(ShipmentStoreContract, NewestFirstPageByPageWhileOthersAreAdded) {
  for (int i = 0; i < 8; ++i) {
    // Two at each moment.
    if (i % 2 == 0) clock_.Advance(10);
    Register(Named(fmt::format("N000{}", i)));
  }
  std::vector<std::string> seen;
  std::string position;
  for (int i = 0; i == 0 || !position.empty(); ++i) {
    const auto page = Await(process_->shipments.List(shop_, {}, position, 3));
    ASSERT_TRUE(page.ok());
    for (const StoredShipment& stored : page->shipments)
      seen.push_back(stored.shipment.tracking_number);
    position = page->next;
    clock_.Advance(10);
    Register(Named(fmt::format("M000{}", i)));
  }
  ASSERT_EQ(seen.size(), 8u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 8u);
  for (int i = 0; i < 8; i += 2) {
    EXPECT_EQ(seen[static_cast<size_t>(i)].back() / 2, seen[static_cast<size_t>(i) + 1].back() / 2);
    EXPECT_GE(seen[static_cast<size_t>(i)].back() / 2, ('7' - i) / 2);
  }
  EXPECT_EQ(seen[0].back() / 2, '7' / 2);
}

TEST_P(ShipmentStoreContract, AFullLastPageIsTheLast) {
  for (int i = 0; i < 3; ++i) Register(Named(fmt::format("N000{}", i)));
  const auto page = Await(process_->shipments.List(shop_, {}, "", 3));
  EXPECT_EQ(page->shipments.size(), 3u);
  EXPECT_EQ(page->next, "");
}

// As a caller does after ABORTED: once more.
inline Task<> AddUntilDone(Process* process, ShopId shop, logistics::AddEvents command,
                           std::vector<absl::Status>* failures) {
  absl::Status status = absl::AbortedError("never tried");
  for (int tried = 0; tried < 50 && absl::IsAborted(status); ++tried) {
    redis::Request repeatable;
    const auto written = co_await process->shipments.AddEvents(shop, repeatable, command);
    status = written.status();
  }
  if (!status.ok()) failures->push_back(status);
}

TEST_P(ShipmentStoreContract, ReplicasThatWriteAtOnceLoseNothing) {
  const auto other = NewProcess();
  boost::asio::io_context loop;
  std::vector<Task<>> tasks;
  std::vector<absl::Status> failures;
  for (int64_t i = 0; i < 20; ++i) {
    const logistics::AddEvents command{"ups", "N0001", {Event(-i, Status::kInTransit)}};
    tasks.push_back(
        AddUntilDone(i % 2 == 0 ? process_.get() : other.get(), shop_, command, &failures));
  }
  Spawn(loop.get_executor(), WhenAll(std::move(tasks)));
  loop.run();
  EXPECT_TRUE(failures.empty()) << failures.front();
  EXPECT_EQ(Get("N0001").shipment.events.size(), 20u);
}

TEST_P(ShipmentStoreContract, AStreamDoubledAndShuffledEndsAsTheOrderedOne) {
  std::mt19937 random(11);
  std::vector<std::pair<std::string, TrackingEvent>> stream;
  for (int shipment = 0; shipment < 20; ++shipment) {
    for (int i = 0; i < 10; ++i) {
      TrackingEvent event =
          Event(-static_cast<int64_t>(random() % 500), static_cast<Status>(random() % kStatuses));
      stream.emplace_back(std::to_string(10000 + shipment), event);
    }
  }
  auto shuffled = stream;
  shuffled.insert(shuffled.end(), stream.begin(), stream.end());
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  for (const auto& [number, event] : stream) Add("A" + number, {event});
  for (const auto& [number, event] : shuffled) Add("B" + number, {event});
  for (int shipment = 0; shipment < 20; ++shipment) {
    const std::string number = std::to_string(10000 + shipment);
    const Shipment ordered = Get("A" + number).shipment, other = Get("B" + number).shipment;
    EXPECT_EQ(ordered.events, other.events);
    EXPECT_EQ(ordered.whereabouts, other.whereabouts);
  }
}

TEST_P(ShipmentStoreContract, ACursorMovesWithTheRegistrationOrNothingHappens) {
  const redis::CursorMove move{"orders", {0, 0}, {1, 7}};
  redis::Request request{"event-1", "hash", ""};
  const auto first = Await(process_->shipments.Register(shop_, request, Named("N0001"), move));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Cursor(), move.next);
  // Another consumer with an older cursor.
  request.id = "event-2";
  const auto late = Await(process_->shipments.Register(shop_, request, Named("N0002"), move));
  EXPECT_EQ(ErrorReason(late.status()), "CURSOR_MOVED");
  EXPECT_FALSE(Await(process_->shipments.Get(shop_, ShipmentIdOf("ups", "N0002"))).ok());
}

TEST_P(ShipmentStoreContract, ARegistrationThatChangesNothingStillMovesTheCursor) {
  Register(Named("N0001"));
  const redis::CursorMove move{"orders", {0, 0}, {1, 1}};
  const redis::Request request{"event-1", "hash", ""};
  const auto again = Await(process_->shipments.Register(shop_, request, Named("N0001"), move));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(Cursor(), move.next);
}

TEST_P(ShipmentStoreContract, ARecordOfALaterReleaseIsNotTouched) {
  Register(Named("N0001"));
  const std::string record_version_99("\x08\x63", 2);
  world_->Overwrite({shop_, kShipmentType, ShipmentIdOf("ups", "N0001").str()}, record_version_99);
  const auto stored = Await(process_->shipments.Get(shop_, ShipmentIdOf("ups", "N0001")));
  EXPECT_EQ(ErrorReason(stored.status()), "RECORD_TOO_NEW");
}

TEST_P(ShipmentStoreContract, ASnapshotShowsTheStateWithoutAPreviousOne) {
  Register(Named("N0001"));
  const auto snapshot =
      Await(process_->store.Load({shop_, kShipmentType, ShipmentIdOf("ups", "N0001").str()}));
  const auto shown = ShowShipment(ShipmentIdOf("ups", "N0001").str(), *snapshot);
  ASSERT_TRUE(shown.ok());
  ASSERT_EQ(shown->size(), 1u);
  v1::ShipmentChanged changed;
  ASSERT_TRUE(changed.ParseFromString(shown->front().data));
  EXPECT_EQ(changed.previous_status(), v1::Shipment::STATUS_UNSPECIFIED);
  EXPECT_EQ(changed.shipment().buyer(), kBuyer);
  EXPECT_EQ(world_->IndexOf(shop_, kShipmentsIndex).size(), 1u);
}

}  // namespace kefu::logistics::storage
