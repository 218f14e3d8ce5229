#include "services/common/events/consumer_service.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "services/common/base/page_token.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::events {
namespace {

constexpr size_t kMaxCursors = 1000;
constexpr size_t kDefaultLetters = 50;
constexpr size_t kMaxLetters = 200;

// A list that is small enough to be made anew for each page; the position is the last one's key.
size_t PageSize(uint32_t asked, size_t usual, size_t most) {
  return asked == 0 ? usual : std::min<size_t>(asked, most);
}

std::string KeyOf(const v1::ConsumerCursor& cursor) {
  return cursor.shop() + " " + cursor.source();
}

void Show(const ShopId& shop, const redis::DeadLetter& letter, v1::DeadLetter* shown) {
  shown->set_source(letter.source);
  shown->set_shop(shop.str());
  if (!shown->mutable_envelope()->ParseFromString(letter.envelope)) {
    shown->mutable_envelope()->Clear();
  }
  shown->mutable_envelope()->set_id(letter.event);
  shown->set_reason(letter.reason);
  shown->set_message(letter.message);
  shown->set_attempts(letter.attempts);
  *shown->mutable_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(letter.time.ms);
}

class ConsumerServiceImpl final : public v1::ConsumerService::CallbackService {
 public:
  ConsumerServiceImpl(server::IoThreads& io, Consumer& consumer) : io_(io), consumer_(consumer) {}

  grpc::ServerUnaryReactor* ListCursors(grpc::CallbackServerContext* context,
                                        const v1::ListCursorsRequest* request,
                                        v1::ListCursorsResponse* response) override {
    return server::Unary(context, io_.Next(),
                         [=, this](server::CallScope) { return ListCursors(request, response); });
  }

  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const v1::ListDeadLettersRequest* request,
                                            v1::ListDeadLettersResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope) {
      return ListDeadLetters(request, response);
    });
  }

  grpc::ServerUnaryReactor* RetryDeadLetter(grpc::CallbackServerContext* context,
                                            const v1::RetryDeadLetterRequest* request,
                                            v1::RetryDeadLetterResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope) {
      return RetryDeadLetter(request, response);
    });
  }

  grpc::ServerUnaryReactor* DiscardDeadLetter(grpc::CallbackServerContext* context,
                                              const v1::DiscardDeadLetterRequest* request,
                                              v1::DiscardDeadLetterResponse*) override {
    return server::Unary(context, io_.Next(),
                         [=, this](server::CallScope) { return DiscardDeadLetter(request); });
  }

 private:
  Task<absl::Status> ListCursors(const v1::ListCursorsRequest* request,
                                 v1::ListCursorsResponse* response) {
    std::optional<ShopId> shop;
    if (!request->shop().empty()) {
      KEFU_CO_ASSIGN_OR_RETURN(shop, ShopId::Parse(request->shop()));
    }
    const std::string query = page_token::Query({"cursors", request->shop()});
    KEFU_CO_ASSIGN_OR_RETURN(const std::string after,
                             page_token::Decode(query, request->page_token()));
    auto cursors = co_await consumer_.ListCursors(std::move(shop));
    if (!cursors.ok()) co_return cursors.status();
    std::sort(cursors->begin(), cursors->end(),
              [](const auto& a, const auto& b) { return KeyOf(a) < KeyOf(b); });
    const size_t page_size = PageSize(request->page_size(), kMaxCursors, kMaxCursors);
    std::string last;
    for (v1::ConsumerCursor& cursor : *cursors) {
      if (!after.empty() && KeyOf(cursor) <= after) continue;
      if (static_cast<size_t>(response->cursors_size()) == page_size) {
        response->set_next_page_token(page_token::Encode(query, last));
        break;
      }
      last = KeyOf(cursor);
      *response->add_cursors() = std::move(cursor);
    }
    co_return absl::OkStatus();
  }

  Task<absl::Status> ListDeadLetters(const v1::ListDeadLettersRequest* request,
                                     v1::ListDeadLettersResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request->shop()));
    const std::string query = page_token::Query({"dead", request->shop(), request->source()});
    KEFU_CO_ASSIGN_OR_RETURN(const std::string after,
                             page_token::Decode(query, request->page_token()));
    const size_t page_size = PageSize(request->page_size(), kDefaultLetters, kMaxLetters);
    // One more, to know whether there is another page.
    redis::DeadQuery query_of_page{.source = request->source(), .limit = page_size + 1};
    if (!after.empty()) query_of_page.after = redis::DeadPlaceFromText(after);
    auto letters = co_await consumer_.cursors().ListDead(shop, std::move(query_of_page));
    if (!letters.ok()) co_return letters.status();
    if (letters->size() > page_size) {
      letters->resize(page_size);
      const std::string last = redis::ToText(redis::PlaceOf(letters->back()));
      response->set_next_page_token(page_token::Encode(query, last));
    }
    for (const redis::DeadLetter& letter : *letters)
      Show(shop, letter, response->add_dead_letters());
    co_return absl::OkStatus();
  }

  Task<absl::Status> RetryDeadLetter(const v1::RetryDeadLetterRequest* request,
                                     v1::RetryDeadLetterResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(request->shop()));
    auto retried = co_await consumer_.Retry(std::move(shop), request->source(), request->event());
    if (!retried.ok()) co_return retried.status();
    *response = *std::move(retried);
    co_return absl::OkStatus();
  }

  Task<absl::Status> DiscardDeadLetter(const v1::DiscardDeadLetterRequest* request) {
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(request->shop()));
    co_return co_await consumer_.cursors().DropDead(std::move(shop), request->source(),
                                                    request->event());
  }

  server::IoThreads& io_;
  Consumer& consumer_;
};

}  // namespace

std::unique_ptr<v1::ConsumerService::CallbackService> NewConsumerService(server::IoThreads& io,
                                                                         Consumer& consumer) {
  return std::make_unique<ConsumerServiceImpl>(io, consumer);
}

}  // namespace kefu::events
