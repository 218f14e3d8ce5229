// What the RPC classes about sessions are made of.
#pragma once

#include "gateway/consults/consult_book.h"
#include "gateway/routing/known_agent.h"
#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/arrivals.h"
#include "gateway/sessions/away_replies.h"
#include "gateway/sessions/routing_events.h"
#include "gateway/sessions/session_flow.h"
#include "gateway/streams/agent_leases.h"
#include "gateway/streams/agent_stream.h"
#include "gateway/streams/buyer_look.h"
#include "gateway/streams/buyer_presence.h"
#include "gateway/streams/hub.h"
#include "gateway/streams/queue_watch.h"
#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/clock.h"

namespace kefu::gateway {

// What only buyers' methods need.
struct BuyerParts {
  sessions::Arrivals& arrivals;
  sessions::RoutingEvents& routing_events;
  sessions::AwayReplies& away;
  streams::LookAtSession look;
  streams::BuyerPresence& presence;
  streams::QueueWatch& queues;
};

// All outlive the RPC classes.
struct SessionParts {
  InquiriesClient& inquiries;
  routing::Router& router;
  sessions::SessionFlow& flow;
  sessions::Announcer& announcer;
  routing::FindAgent find_agent;
  streams::Hub& hub;
  streams::AgentLeases& leases;
  const BuyerParts& buyers;
  consults::ConsultBook& consults;
  streams::StillSignedIn still_signed_in;
  const Clock& clock;
};

inline streams::HeldStream::Parts HeldParts(const SessionParts& parts) {
  return {parts.hub, parts.inquiries, parts.router, parts.still_signed_in, parts.clock};
}

}  // namespace kefu::gateway
