#include "deploy/all/bind.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/bind.h"
#include "services/after_sales/bind.h"
#include "services/common/base/status.h"
#include "services/common/host/host.h"
#include "services/inquiries/bind.h"
#include "services/logistics/bind.h"
#include "services/orders/bind.h"
#include "services/records/bind.h"

namespace kefu::all {
namespace {

constexpr char kGateway[] = "gateway";

// Services in the order in which they were bound: one that another calls stands before it. What
// goes in circles, reading each other's events, begins when all are there.
class AllInOne final : public server::Service {
 public:
  AllInOne() = default;
  ~AllInOne() override {
    Stop();
    while (!parts_.empty()) parts_.pop_back();
  }

  absl::Status Add(std::string name, absl::StatusOr<std::unique_ptr<server::Service>> service) {
    if (!service.ok()) return service.status();
    parts_.push_back({std::move(name), *std::move(service)});
    return absl::OkStatus();
  }

  // To the service, or to the publisher of the events of that name. It must be bound.
  std::vector<server::ChannelPtr> ChannelsTo(std::string_view name) {
    if (name == "directory" || name == "routing") name = kGateway;
    for (Part& part : parts_) {
      if (part.name != name) continue;
      server::ChannelPtr channel = part.service->InProcessChannel();
      if (channel != nullptr) return {std::move(channel)};
    }
    return {};
  }

  void Begin() override {
    for (Part& part : parts_) part.service->Begin();
  }

  void End() override {
    for (Part& part : parts_) part.service->End();
  }

  std::string NotReady() const override {
    for (const Part& part : parts_) {
      if (std::string reason = part.service->NotReady(); !reason.empty())
        return part.name + ": " + reason;
    }
    return "";
  }

  // The last bound first: the gateway, whose clients go elsewhere while the services still answer.
  // It is stopped before the next one drains, since an in-process channel does not survive a call
  // to a server that has been shut down.
  void Drain() override {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
      part->service->Drain();
      part->service->Stop();
    }
  }

  void Stop() override {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) part->service->Stop();
  }

  // The gateway's as they are ("http"), the others' with the service's name ("orders.grpc").
  std::map<std::string, std::string> Addresses() const override {
    std::map<std::string, std::string> addresses;
    for (const Part& part : parts_) {
      const std::string prefix = part.name == kGateway ? "" : part.name + ".";
      for (const auto& [name, address] : part.service->Addresses())
        addresses[prefix + name] = address;
    }
    return addresses;
  }

 private:
  struct Part {
    std::string name;
    std::unique_ptr<server::Service> service;
  };
  std::vector<Part> parts_;
};

gateway::ServiceChannels::ByName ChannelsOfGateway(AllInOne& all) {
  gateway::ServiceChannels::ByName channels;
  for (const char* name : {"inquiries", "orders", "logistics", "after_sales", "records"}) {
    channels[name] = all.ChannelsTo(name);
  }
  return channels;
}

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  auto all = std::make_unique<AllInOne>();
  const host::Peers peers = [services = all.get()](std::string_view name) {
    return services->ChannelsTo(name);
  };
  KEFU_RETURN_IF_ERROR(all->Add("inquiries", inquiries::BindTo(peers, config.inquiries, metrics)));
  KEFU_RETURN_IF_ERROR(all->Add("orders", orders::BindTo(peers, config.orders, metrics)));
  KEFU_RETURN_IF_ERROR(all->Add("logistics", logistics::BindTo(peers, config.logistics, metrics)));
  KEFU_RETURN_IF_ERROR(
      all->Add("after_sales", after_sales::BindTo(peers, config.after_sales, metrics)));
  KEFU_RETURN_IF_ERROR(all->Add("records", records::BindTo(peers, config.records, metrics)));
  KEFU_RETURN_IF_ERROR(
      all->Add(kGateway, gateway::BindTo(ChannelsOfGateway(*all), config.gateway, metrics)));
  return std::unique_ptr<server::Service>(std::move(all));
}

}  // namespace kefu::all
