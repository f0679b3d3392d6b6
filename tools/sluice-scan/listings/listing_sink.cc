#include "listing_sink.h"

#include <unistd.h>

#include <utility>

#include "listing_file.h"

namespace sluice::tools::scan {

ListingSink::ListingSink(Loop& loop, std::unique_ptr<Listing> listing, std::string name, Fd fd,
                         Events events)
    : listing_(std::move(listing)),
      name_(std::move(name)),
      fd_(std::move(fd)),
      events_(std::move(events)),
      terminal_(::isatty(fd_ ? fd_.get() : STDOUT_FILENO) == 1),
      output_(
          loop, fd_ ? fd_.get() : STDOUT_FILENO, [this] { events_.drained(); },
          [this](std::error_code error) { events_.failed(name_, error); }) {}

void ListingSink::write(std::string_view text) {
  if (text.empty()) return;
  if (!terminal_) return output_.write(text);
  // Now, and not at the end of the turn: until then the bar may be drawn again.
  events_.before_write();
  output_.write(text);
  output_.flush();
}

void ListingSink::close() {
  if (fd_) close_listing(name_, std::move(fd_));
}

}  // namespace sluice::tools::scan
