// What the participants of one replay share. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "deploy/ctl/connect_client.h"
#include "deploy/ctl/replay/chat_run.h"
#include "deploy/ctl/replay/history.h"
#include "deploy/ctl/replay/latency.h"
#include "deploy/ctl/replay/ledger.h"
#include "deploy/ctl/replay/report.h"
#include "deploy/ctl/replay/signal.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::ctl {

struct World {
  World(ConnectClient& client, HistoryWriter& history, uint64_t seed)
      : client(client), history(history), random(seed), group(client.executor()) {}

  ConnectClient& client;
  HistoryWriter& history;
  std::mt19937_64 random;
  std::string shop;
  // How long a message is tried before its outcome stays unknown.
  int64_t patience_ms = 60000;
  // As fast as the parties answer each other, instead of by the recorded times.
  bool closed_loop = false;

  Ledger ledger;
  Report report;
  Latencies assign, late;
  std::map<std::string, int64_t> opened_us;  // session → when its opening was acknowledged

  // The participants' coroutines.
  Group group;
  // Told to come to an end.
  bool stopping = false;

  ChatRun* Find(const std::string& conversation) {
    const auto found = chats.find(conversation);
    return found == chats.end() ? nullptr : found->second;
  }
  // Something went on: the replay is not stuck.
  void Progress() { last_progress_ms = MonotonicMs(); }
  bool Stuck() const { return MonotonicMs() - last_progress_ms > 2 * patience_ms; }

  CallOptions Options(const std::string& bearer) const {
    return {.bearer = bearer, .deadline_ms = patience_ms};
  }
  // Before reconnecting for the n-th time in a row.
  int64_t BackoffMs(int attempt) {
    const int64_t longest = std::min<int64_t>(2000, int64_t{50} << std::min(attempt, 8));
    return std::uniform_int_distribution<int64_t>(longest / 2, longest)(random);
  }

  std::map<std::string, ChatRun*> chats;  // by conversation
  int64_t last_progress_ms = MonotonicMs();
};

// One request that stores message `message`: gives it a request id, calls, and writes down what
// happened. `record` brings process, op, conversation, session and fence.
template <class Response, class Request>
Task<absl::StatusOr<Response>> StoreMessage(World* world, std::string method, Request request,
                                            std::string bearer, size_t message,
                                            HistoryRecord record) {
  record.client_id = "r-" + NewToken();
  request.set_request_id(record.client_id);
  world->ledger.Requested(message, record.client_id);
  record.t_invoke_us = WallUs();
  CallStats stats;
  CallOptions options = world->Options(bearer);
  absl::StatusOr<Response> response = co_await world->client.Call<Response>(
      std::move(method), std::move(request), std::move(options), &stats);
  record.t_return_us = WallUs();
  world->report.effort.retries += static_cast<size_t>(stats.attempts - 1);
  world->Progress();
  if (response.ok()) {
    record.result = "ok";
    record.epoch = response->store_epoch();
    record.seq = response->entry().seq();
    record.session = response->entry().session();
    world->ledger.Acknowledged(message, record.seq, record.t_return_us);
  } else {
    record.result = stats.unknown ? "unknown" : "fail";
    record.reason = ErrorReason(response.status());
    world->ledger.Ended(message,
                        stats.unknown ? Message::State::kUnknown : Message::State::kRefused);
  }
  world->history.Write(record);
  co_return response;
}

}  // namespace kefu::ctl
