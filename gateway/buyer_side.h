// What the gateway has for buyers who wait, who are kept for later, or who went away, put together.
#pragma once

#include "gateway/routing/known_agent.h"
#include "gateway/routing/router.h"
#include "gateway/rpc/session_parts.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/arrivals.h"
#include "gateway/sessions/away_replies.h"
#include "gateway/sessions/buyer_states.h"
#include "gateway/sessions/parking_lot.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/system_voice.h"
#include "gateway/sessions/wait_estimates.h"
#include "gateway/streams/buyer_presence.h"
#include "gateway/streams/queue_watch.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/timers/due_queue.h"

namespace kefu::gateway {

// Threads: as its parts. Members stand in the order of their dependence.
struct BuyerSide {
  // All outlive it.
  struct Deps {
    redis::ShardMap& shards;
    redis::AggregateStore& store;
    InquiriesClient& inquiries;
    routing::Router& router;
    sessions::Announcer& announcer;
    sessions::RoutingPlans& plans;
    routing::FindAgent find_agent;
    streams::Hub& hub;
    const Clock& clock;
  };
  explicit BuyerSide(Deps deps);

  timers::DueQueue timers;
  sessions::ParkingLot lot;
  sessions::SystemVoice voice;
  sessions::Arrivals arrivals;
  sessions::AwayReplies away;
  sessions::WaitEstimates waits;
  sessions::BuyerStates states;
  streams::BuyerPresence presence;
  streams::QueueWatch queues;
};

}  // namespace kefu::gateway
