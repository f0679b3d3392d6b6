// One sender, many receivers: what it writes reaches them all, in one order, and nothing else does.
//
// Each line carries a number, and what a receiver must read is known byte for byte: the numbers
// begin anew after kLines lines, a prime, and what is counted besides shows whole rounds missing.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "dialect.h"
#include "load.h"

namespace bench {
namespace {

constexpr std::size_t kLines = 4093;
// A member of a room learns that it is one when it hears somebody; the sender asks so often.
constexpr std::chrono::milliseconds kProbeEvery(10);
constexpr std::chrono::seconds kSetUp(20);
constexpr std::chrono::seconds kLastLines(10);

struct Receiver {
  int descriptor = -1;
  bool ready = false;     // has heard somebody
  bool started = false;   // has heard the line after which the numbers begin
  bool skipping = false;  // in a line that is not the sender's
  bool wrong = false;
  std::string early;           // what came before the start
  std::uint64_t received = 0;  // bytes of numbered lines
};

std::string text_of(std::string_view word, std::size_t size) {
  std::string text(word);
  text.resize(size, '=');
  return text;
}

// Counts who has each line, to know how many have reached the slowest receiver.
class Progress {
 public:
  Progress(std::size_t receivers, std::size_t window)
      : receivers_(receivers), reached_(window + 1) {}

  void advance(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t line = from; line < to; ++line) ++reached_[line % reached_.size()];
    for (std::size_t* at = &reached_[all_ % reached_.size()]; *at == receivers_;
         at = &reached_[all_ % reached_.size()]) {
      *at = 0;
      ++all_;
    }
  }
  std::uint64_t all() const { return all_; }

 private:
  const std::size_t receivers_;
  std::vector<std::size_t> reached_;
  std::uint64_t all_ = 0;
};

class FanOut {
 public:
  explicit FanOut(const Request& request)
      : request_(request),
        dialect_(dialect_from(request.dialect).value()),
        progress_(request.connections, request.in_flight),
        receivers_(request.connections),
        buffer_(Pattern::kMaxSize) {
    if (request.size < 16) fail("a line that carries a number has 16 bytes at least");
  }

  ~FanOut() {
    for (const Receiver& receiver : receivers_) close(receiver.descriptor);
    for (const int descriptor : silent_) close(descriptor);
    if (sender_ >= 0) close(sender_);
  }

  // Returns when every receiver has heard somebody.
  void join() {
    for (std::size_t i = 0; i < request_.stalled; ++i) join_silent(i);
    for (std::size_t i = 0; i < receivers_.size(); ++i) {
      receivers_[i].descriptor = connect_tcp(request_.port);
      greet(dialect_, receivers_[i].descriptor, receiver_hello(dialect_, i));
      epoll_.add(receivers_[i].descriptor, EPOLLIN, &receivers_[i]);
    }
    sender_ = connect_tcp(request_.port);
    greet(dialect_, sender_, sender_hello(dialect_));
    epoll_.add(sender_, EPOLLIN, nullptr);
    const std::string probe = spoken(dialect_, probe_);
    const auto give_up = Clock::now() + kSetUp;
    auto next = Clock::now();
    while (ready_ < receivers_.size()) {
      const auto now = Clock::now();
      if (now > give_up) fail("receivers that never hear anybody");
      if (now >= next) {
        say(sender_, probe);
        next = now + kProbeEvery;
      }
      turn(1);
    }
  }

  Result run() {
    join();
    say(sender_, spoken(dialect_, start_));
    const auto give_up = Clock::now() + kSetUp;
    while (started_ < receivers_.size()) {
      if (Clock::now() > give_up) fail("receivers that never hear the start");
      turn(100);
    }
    make_streams();
    if (request_.in_flight == 0) epoll_.modify(sender_, EPOLLIN | EPOLLOUT, nullptr);
    Window window(request_);
    while (window.running(delivered_)) {
      if (request_.in_flight > 0) send_allowed();
      turn(100);
    }
    const std::uint64_t lost = finish();
    Result result;
    window.report(result);
    result.emplace_back("lost", static_cast<double>(lost));
    return result;
  }

 private:
  void join_silent(std::size_t index) {
    // A small receive buffer: it is full at once.
    const int descriptor = connect_tcp(request_.port);
    silent_.push_back(descriptor);
    const int size = 4096;
    require(setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), "SO_RCVBUF");
    greet(dialect_, descriptor, receiver_hello(dialect_, receivers_.size() + index));
  }

  static void say(int descriptor, std::string_view text) {
    if (::send(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      fail("send");
    }
  }

  void make_streams() {
    for (std::size_t i = 0; i < kLines; ++i) {
      std::array<char, 16> number{};
      (void)std::snprintf(number.data(), number.size(), "%08zu ", i);
      const std::string text = text_of(number.data(), request_.size - 1);
      sent_stream_ += spoken(dialect_, text);
      expected_ += frame_.before + text + frame_.after;
    }
    sent_line_ = sent_stream_.size() / kLines;
    line_ = expected_.size() / kLines;
  }

  void turn(int milliseconds) {
    for (const epoll_event& event : epoll_.wait(milliseconds)) {
      if (event.data.ptr != nullptr) {
        receive(*static_cast<Receiver*>(event.data.ptr));
        continue;
      }
      // What the server answers the sender is of no interest.
      if ((event.events & EPOLLIN) != 0) {
        if (recv(sender_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) == 0) fail("the sender");
      }
      if ((event.events & EPOLLOUT) != 0) send_bytes(kReadSize);
    }
  }

  // The lines that the slowest receiver now allows, in one write.
  void send_allowed() {
    const std::uint64_t allowed = (progress_.all() + request_.in_flight) * sent_line_;
    while (bytes_sent_ < allowed) send_bytes(allowed - bytes_sent_);
  }

  void send_bytes(std::size_t most) {
    const std::size_t at = bytes_sent_ % sent_stream_.size();
    const std::size_t size = std::min(most, sent_stream_.size() - at);
    const ssize_t sent = ::send(sender_, sent_stream_.data() + at, size, MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) fail("the sender");
    if (sent > 0) bytes_sent_ += static_cast<std::size_t>(sent);
  }

  void receive(Receiver& receiver) {
    const ssize_t size = recv(receiver.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) fail("a receiver that the server closed");
    std::string_view read(buffer_.data(), static_cast<std::size_t>(size));
    if (!receiver.started) {
      hear_early(receiver, read);
      return;
    }
    const std::uint64_t before = receiver.received / line_;
    check(receiver, read);
    const std::uint64_t after = receiver.received / line_;
    delivered_ += after - before;
    if (request_.in_flight > 0) progress_.advance(before, after);
  }

  void hear_early(Receiver& receiver, std::string_view read) {
    receiver.early += read;
    if (!receiver.ready && find_frame(dialect_, receiver.early, probe_)) {
      receiver.ready = true;
      ++ready_;
    }
    const auto frame = find_frame(dialect_, receiver.early, start_);
    if (!frame) return;
    frame_ = *frame;
    receiver.started = true;
    receiver.early = std::string();
    ++started_;
  }

  // Mostly all of it is as expected; only else is it looked at line by line.
  void check(Receiver& receiver, std::string_view read) {
    while (!read.empty() && !receiver.wrong) {
      if (receiver.skipping) {
        const std::size_t end = read.find('\n');
        if (end == read.npos) return;
        receiver.skipping = false;
        read.remove_prefix(end + 1);
        continue;
      }
      const std::size_t at = receiver.received % expected_.size();
      std::size_t size = std::min(read.size(), expected_.size() - at);
      if (std::memcmp(read.data(), expected_.data() + at, size) != 0) {
        size = std::min(size, line_ - at % line_);
        if (std::memcmp(read.data(), expected_.data() + at, size) != 0) {
          receiver.skipping = at % line_ == 0 && begins_notice(dialect_, read.front());
          receiver.wrong = !receiver.skipping;
          continue;
        }
      }
      receiver.received += size;
      read.remove_prefix(size);
    }
  }

  // What is on its way arrives, and the line that was begun is ended. Returns the lines that are
  // missing, and one for a receiver that read what nobody said.
  std::uint64_t finish() {
    epoll_.modify(sender_, EPOLLIN, nullptr);
    const auto give_up = Clock::now() + kLastLines;
    while (bytes_sent_ % sent_line_ != 0 && Clock::now() < give_up) {
      send_bytes(sent_line_ - bytes_sent_ % sent_line_);
      turn(1);
    }
    const std::uint64_t sent = bytes_sent_ / sent_line_;
    const std::uint64_t all = sent * receivers_.size();
    while (delivered_ < all && Clock::now() < give_up) turn(100);
    std::uint64_t lost = all - std::min(delivered_, all);
    for (const Receiver& receiver : receivers_) {
      if (receiver.wrong || receiver.received != sent * line_) ++lost;
    }
    return lost;
  }

  const Request& request_;
  const Dialect dialect_;
  const std::string probe_ = text_of("probe", request_.size - 1);
  const std::string start_ = text_of("start", request_.size - 1);
  Progress progress_;
  Epoll epoll_;
  int sender_ = -1;
  std::vector<Receiver> receivers_;
  std::vector<int> silent_;
  Frame frame_;
  std::string sent_stream_;  // kLines lines as the sender writes them
  std::string expected_;     // and as a receiver reads them
  std::size_t sent_line_ = 0;
  std::size_t line_ = 0;
  std::vector<char> buffer_;
  std::size_t ready_ = 0;
  std::size_t started_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace

Result run_fan_out(const Request& request) { return FanOut(request).run(); }

Result run_joins(const Request& request) {
  Request counted = request;
  counted.operations = request.connections;  // from the first connect on
  FanOut fan_out(counted);
  Window window(counted);
  fan_out.join();
  (void)window.running(counted.connections);
  Result result;
  window.report(result);
  result.emplace_back("lost", 0);
  return result;
}

}  // namespace bench
