// Between the API's messages and the domain's commands. Pure. Errors are INVALID_ARGUMENT with the
// field.
#pragma once

#include <absl/status/statusor.h>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "proto/kefu/orders/v1/service.pb.h"
#include "services/after_sales/domain/commands.h"
#include "services/after_sales/storage/case_list.h"

namespace kefu::after_sales::rpc {

// Somebody from outside: never the clock.
absl::StatusOr<domain::Actor> ReadActor(const common::v1::Actor& actor);

// What is particular to each request that moves a case.
domain::Action ActionOf(const v1::RequestInformationRequest& request);
domain::Action ActionOf(const v1::AmendCaseRequest& request);
domain::Action ActionOf(const v1::ApproveCaseRequest& request);
domain::Action ActionOf(const v1::RejectCaseRequest& request);
domain::Action ActionOf(const v1::ReportReturnRequest& request);
domain::Action ActionOf(const v1::ReceiveReturnRequest& request);
domain::Action ActionOf(const v1::InspectReturnRequest& request);
domain::Action ActionOf(const v1::RefundCaseRequest& request);
domain::Action ActionOf(const v1::SettleRefundRequest& request);
domain::Action ActionOf(const v1::AcceptExchangeRequest& request);
domain::Action ActionOf(const v1::ShipReplacementRequest& request);
domain::Action ActionOf(const v1::CompleteCaseRequest& request);
domain::Action ActionOf(const v1::EscalateCaseRequest& request);
domain::Action ActionOf(const v1::CloseCaseRequest& request);

// Without the order's facts.
absl::StatusOr<domain::Open> ReadOpen(const v1::OpenCaseRequest& request);
domain::OrderFacts FactsOf(const orders::v1::Order& order);

absl::StatusOr<storage::CaseList::Filter> ReadFilter(const v1::ListCasesRequest& request,
                                                     const domain::Actor& actor);

// As the actor may see it: buyers read neither the staff's notes nor who of them it was.
v1::Case ShownTo(const domain::Actor& actor, v1::Case one);

}  // namespace kefu::after_sales::rpc
