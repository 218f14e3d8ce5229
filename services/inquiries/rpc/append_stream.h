// The server's side of AppendStream: every item of a batch is carried out as a coroutine of its
// own, results leave as they come, and what is ready while one message is being written leaves
// together in the next.
//
// Threads: gRPC's and the loops'.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>

#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"

namespace kefu::inquiries::rpc {

class AppendStreams {
 public:
  // The request and the response outlive the coroutine.
  using Handler = std::function<Task<absl::Status>(server::CallScope, const v1::AppendRequest&,
                                                   v1::AppendResponse&)>;
  using Reactor = grpc::ServerBidiReactor<v1::AppendStreamRequest, v1::AppendStreamResponse>;

  AppendStreams(server::IoThreads& io, Handler handler);
  ~AppendStreams();

  // gRPC deletes it.
  Reactor* Open();
  // No stream reads on; each ends when everything that it read is answered.
  void End();

 private:
  class Stream;

  server::IoThreads& io_;
  const Handler handler_;
  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::inquiries::rpc
