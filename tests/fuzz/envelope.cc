// Events of other services: as notices for streams, and as what records keeps of them.
#include "gateway/streams/notice.h"
#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/records/rpc/facts_of.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {

void Try(std::string_view input) {
  const gateway::streams::NoticePtr notice = gateway::streams::DecodeNotice(input);
  events::v1::Envelope envelope;
  const bool parsed = envelope.ParseFromArray(input.data(), static_cast<int>(input.size()));
  Expect(notice == nullptr || (parsed && notice->store_epoch == envelope.store_epoch()),
         "a notice is of the epoch that its envelope names");
  if (parsed) (void)records::rpc::FactsOf(envelope).ok();
}

}  // namespace kefu::fuzz
