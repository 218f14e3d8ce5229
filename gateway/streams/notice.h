// What a gateway hears and passes to its streams, decoded once and shared by all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "proto/kefu/gateway/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"

namespace kefu::gateway::streams {

// The head of a conversation, from the periodic comparison.
struct HeadSeen {
  std::string conversation;
  uint64_t head = 0;
};

// "Look at your state again": the agent's versions differ.
struct AgentPoke {};

struct Notice {
  // Epoch of the store it came from; 0 where that means nothing.
  uint64_t store_epoch = 0;
  std::variant<std::shared_ptr<const inquiries::v1::EntryAppended>, inquiries::v1::MarksMoved,
               v1::SessionRouted, v1::AgentChanged, v1::QueueState, v1::Typing, v1::SuggestionMade,
               v1::ConsultChanged, HeadSeen, AgentPoke>
      body;
};
using NoticePtr = std::shared_ptr<const Notice>;

inline constexpr std::string_view kEntryAppended = "com.kefu.entry.appended.v1";
inline constexpr std::string_view kMarksMoved = "com.kefu.marks.moved.v1";
inline constexpr std::string_view kSessionRouted = "com.kefu.session.routed.v1";
inline constexpr std::string_view kAgentChanged = "com.kefu.agent.changed.v1";
inline constexpr std::string_view kQueueChanged = "com.kefu.queue.changed.v1";
inline constexpr std::string_view kSuggestionMade = "com.kefu.suggestion.made.v1";
inline constexpr std::string_view kConsultChanged = "com.kefu.consult.changed.v1";
inline constexpr std::string_view kTyping = "com.kefu.typing.v1";
inline constexpr std::string_view kDirectoryChanged = "com.kefu.directory.changed.v1";

// Topics of a shop (events::Topic) beside agents and conversations: who waits, and every change of
// an agent.
inline constexpr std::string_view kQueueTopic = "queue";
inline constexpr std::string_view kBoardTopic = "board";

// The notice in a serialised envelope; null if it is of a type that streams do not show, or
// malformed.
NoticePtr DecodeNotice(std::string_view envelope);

}  // namespace kefu::gateway::streams
