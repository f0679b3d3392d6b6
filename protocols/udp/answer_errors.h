// Reports that a UDP service could not send an answer, at most once a second.
//
// What it is: the latest error, and a PacedReport of it (Report::Kind::socket_error).
// Lifetime: must be destroyed before its loop; REQUIRES that `where` outlives it.
// Thread: the loop's. Errors: report() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_ANSWER_ERRORS_H
#define SLUICE_PROTOCOLS_UDP_ANSWER_ERRORS_H

#include <string>
#include <system_error>

#include "../../reactor/base/address.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"

namespace sluice {

class AnswerErrors {
 public:
  // `where` is the endpoint for the reports. It is read when a report is made.
  AnswerErrors(Loop& loop, const std::string& where);

  // The arguments are those of DatagramHandler::on_error().
  void report(std::error_code error, const Address& to);

 private:
  [[nodiscard]] Report describe() const;

  const std::string& where_;
  std::error_code last_;
  Address last_to_;
  PacedReport report_;
};

}  // namespace sluice

#endif
