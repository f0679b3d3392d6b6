// The answers of a UDP service that the system did not take, told once a second at most.
//
// What it is: the latest such error, behind a PacedReport (Report::Kind::socket_error).
// Lifetime: must go before its loop; REQUIRES that `where` outlives it. Thread: the loop's.
// Errors: happened() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_ANSWER_ERRORS_H
#define SLUICE_PROTOCOLS_UDP_ANSWER_ERRORS_H

#include <string>
#include <system_error>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"

namespace sluice {

class SLUICE_EXPORT AnswerErrors {
 public:
  // `where` is the endpoint, as reports name it; it is read when one is told.
  AnswerErrors(Loop& loop, const std::string& where);

  // As DatagramHandler::on_error() is told it.
  void happened(std::error_code error, const Address& to);

 private:
  [[nodiscard]] Report describe() const;

  const std::string& where_;
  std::error_code last_;
  Address last_to_;
  PacedReport report_;
};

}  // namespace sluice

#endif
