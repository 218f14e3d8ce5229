// Appends to one replica of inquiries over its AppendStream: under load many share a message, alone
// one goes at once.
//
// A stream is replaced before a connection that has come of age is cut off, and when an answer is
// overdue and nothing else came meanwhile. What a broken stream leaves unanswered may have happened
// or not: UNAVAILABLE, to be sent again with the same request id.
//
// Threads: any.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <memory>

#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/base/task.h"
#include "services/common/server/channels.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class AppendLink {
 public:
  // Younger than the grace that a server gives to streams when it closes a connection
  // (server/grpc_server.cc), so that none is cut off.
  static constexpr int64_t kStreamAgeMs = 20'000;

  explicit AppendLink(server::ChannelPtr channel, int64_t stream_age_ms = kStreamAgeMs);
  ~AppendLink();

  // Beside what inquiries answers: UNAVAILABLE (SERVICE_UNAVAILABLE), DEADLINE_EXCEEDED,
  // RESOURCE_EXHAUSTED (TOO_MANY_APPENDS); UNIMPLEMENTED by a replica that knows no streams.
  Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(server::CallScope scope,
                                                             inquiries::v1::AppendRequest request);
  // False for a while after a replica said that it knows none.
  bool streams() const;
  // What is under way ends with UNAVAILABLE. Returns when gRPC holds nothing of it any more.
  void Stop();

 private:
  class Stream;
  static Task<> Watch(std::shared_ptr<Stream> stream);
  std::shared_ptr<Stream> Current();
  void Gone(Stream* stream, bool unimplemented);

  const server::ChannelPtr channel_;
  const int64_t stream_age_ms_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<Stream> current_ ABSL_GUARDED_BY(mutex_);
  int64_t opened_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t unary_until_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Until gRPC is done with them.
  absl::flat_hash_set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway
