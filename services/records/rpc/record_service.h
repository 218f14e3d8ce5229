// RecordService: checks what is asked, reads it in one transaction, writes the answer. Every read
// runs on a reader's thread of the database, the analysis of what was found included.
// Threads: gRPC's, then one of `io`'s. What it is given outlives it.
#pragma once

#include <memory>

#include "proto/kefu/records/v1/service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/server/io_threads.h"
#include "services/common/text/analyser.h"
#include "services/records/storage/database.h"

namespace kefu::records::rpc {

std::unique_ptr<v1::RecordService::CallbackService> NewRecordService(server::IoThreads& io,
                                                                     storage::Database& database,
                                                                     const text::Analyser& analyser,
                                                                     const Clock& clock);

}  // namespace kefu::records::rpc
