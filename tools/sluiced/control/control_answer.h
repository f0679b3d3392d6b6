// The answer to a command: rows and lines, then its end.
//
// What it is: the daemon's half of the protocol in sluicectl(8). An answer that may be long has a
// source, which makes it in pieces, so that it neither holds up a turn nor is held in memory whole.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_ANSWER_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_ANSWER_H

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../../common/json_object.h"

namespace sluice::tools::daemon {

class ControlAnswer {
 public:
  // Adds the next piece; false after the last one. It may run in any later turn.
  using Source = std::function<bool(ControlAnswer&)>;

  void add_row(const JsonObject& row) { bytes_ += row.line(); }
  // One line or several, with or without a newline at the end.
  void add_text(std::string_view lines);
  void fail(std::string_view why) { error_ = why; }
  void continue_with(Source source) { source_ = std::move(source); }
  // Another answer takes the place of this one, in this turn or a later one.
  void wait() noexcept { waits_ = true; }

  [[nodiscard]] bool waits() const noexcept { return waits_; }
  [[nodiscard]] bool has_more() const noexcept { return waits_ || source_; }
  // What has been added since the last call, and the end of the answer if nothing follows it.
  std::string take();
  // Runs the source once.
  void make_more();

 private:
  std::string bytes_;
  std::string error_;
  Source source_;
  bool waits_ = false;
};

}  // namespace sluice::tools::daemon

#endif
