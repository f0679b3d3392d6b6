#include "banner_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/try_again.h"

namespace sluice::tools::scan {
namespace {

constexpr std::chrono::milliseconds kTick{50};

}  // namespace

class BannerReader::Socket {
 public:
  Socket(BannerReader& reader, Fd fd, Done done)
      : reader_(reader),
        fd_(std::move(fd)),
        done_(std::move(done)),
        since_(reader.loop_.now()),
        watch_(reader.loop_, fd_.get(), [this](int /*events*/) { on_readable(); }) {
    watch_.watch(kReadable);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    watch_.stop();        // before the descriptor is closed
    close_by_reset(fd_);  // so that nothing of ours stays in TIME_WAIT
  }

  [[nodiscard]] bool is_over(TimePoint now) const {
    return now - since_ >= reader_.patience_ || (!said_.empty() && now - heard_ >= kPause);
  }
  // False when no more will come.
  bool read() {
    std::array<char, kMaxBanner> buffer;
    const ssize_t count = ::recv(fd_.get(), buffer.data(), kMaxBanner - said_.size(), MSG_DONTWAIT);
    if (count < 0) return try_again(errno);
    said_.append(buffer.data(), static_cast<std::size_t>(count));
    heard_ = reader_.loop_.now();
    return count > 0 && said_.size() < kMaxBanner;
  }
  void tell() { done_(printable_banner(said_)); }

 private:
  void on_readable() {
    if (!read()) reader_.end(*this);  // which destroys this
  }

  BannerReader& reader_;
  Fd fd_;
  Done done_;
  TimePoint since_;
  TimePoint heard_{};
  std::string said_;
  Watch watch_;
};

BannerReader::BannerReader(Loop& loop, std::chrono::milliseconds patience, std::size_t sockets)
    : loop_(loop),
      patience_(patience),
      sockets_(sockets),
      timer_(loop, [this] { check_times(); }) {}

BannerReader::~BannerReader() = default;

void BannerReader::add(Fd socket, Done done) {
  waiting_.push_back(std::make_unique<Socket>(*this, std::move(socket), std::move(done)));
  if (!timer_.running()) timer_.start_repeating(std::min(kTick, patience_));
}

void BannerReader::end(Socket& socket) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&socket](const auto& each) { return each.get() == &socket; });
  const std::unique_ptr<Socket> ended = std::move(*found);
  waiting_.erase(found);
  if (waiting_.empty()) timer_.stop();
  ended->tell();
}

void BannerReader::check_times() {
  const TimePoint now = loop_.now();
  std::list<std::unique_ptr<Socket>> over;
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    const auto next = std::next(each);
    if ((*each)->is_over(now)) over.splice(over.end(), waiting_, each);
    each = next;
  }
  if (waiting_.empty()) timer_.stop();
  for (const auto& socket : over) socket->tell();
}

void BannerReader::finish() {
  timer_.stop();
  const auto over = std::exchange(waiting_, {});
  for (const auto& socket : over) {
    (void)socket->read();
    socket->tell();
  }
}

std::string printable_banner(std::string_view said) {
  said = said.substr(0, said.find_last_not_of("\r\n \t") + 1);
  return escape(said, said.size() * 4 + 3);  // \xNN is four bytes: nothing is cut
}

}  // namespace sluice::tools::scan
