// A listing and its destination.
//
// What it is: a format, its descriptor, and the text that the reader has not accepted yet.
// Lifetime: must be destroyed before its loop, and not inside its functions. Thread: the loop's.
// Errors: `failed`, once, with the name and the reason; close() throws std::system_error.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_SINK_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_SINK_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/loop/loop.h"
#include "../../common/output.h"
#include "listing.h"

namespace sluice::tools::scan {

class ListingSink {
 public:
  struct Events {
    std::function<void()> drained;
    std::function<void(const std::string& name, std::error_code)> failed;
    std::function<void()> before_write;  // to a terminal
  };

  // Without a descriptor it is the standard output.
  ListingSink(Loop& loop, std::unique_ptr<Listing> listing, std::string name, Fd fd, Events events);

  [[nodiscard]] Listing& listing() noexcept { return *listing_; }
  void write(std::string_view text);
  void flush() { output_.flush(); }
  [[nodiscard]] bool empty() const noexcept { return output_.empty(); }
  [[nodiscard]] bool full() const noexcept { return output_.full(); }
  void close();

 private:
  std::unique_ptr<Listing> listing_;
  std::string name_;
  Fd fd_;
  Events events_;
  bool terminal_;
  Output output_;
};

}  // namespace sluice::tools::scan

#endif
