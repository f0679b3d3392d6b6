// A relay on epoll alone. While a member lacks something that the system did not take, nobody is
// read.
//   chat       what it reads from one member it writes to each other one, as it came: it looks at
//              no byte and knows no line
//   websocket  each message of at most 125 bytes, as a message; it knows just what bench_load
//              sends, and checks nothing else
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../common.h"

namespace {

struct Member {
  int descriptor;
  std::size_t index;         // among the members
  std::vector<char> unsent;  // what the system did not take
  bool upgraded = false;
  std::string begun{};  // a request or a message that has not arrived as a whole
};

constexpr std::string_view kUpgraded =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr std::size_t kMaskedHead = 6;

class Relay {
 public:
  explicit Relay(bool websocket) : websocket_(websocket), listener_(bench::listen_tcp()) {
    epoll_.add(listener_, EPOLLIN, nullptr);
    bench::announce(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : epoll_.wait(-1)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Member*>(event.data.ptr), event.events);
        }
      }
      gone_.clear();
    }
  }

 private:
  void accept_all() {
    for (int fd = bench::accept_tcp(listener_); fd >= 0; fd = bench::accept_tcp(listener_)) {
      members_.push_back(std::make_unique<Member>(Member{fd, members_.size(), {}}));
      epoll_.add(fd, behind_ == 0 ? EPOLLIN : 0U, members_.back().get());
    }
  }

  void serve(Member& member, std::uint32_t events) {
    if (member.descriptor < 0) return;  // gone in this very turn
    if ((events & EPOLLOUT) != 0) write_unsent(member);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    if (behind_ != 0 && (events & (EPOLLHUP | EPOLLERR)) == 0) return;
    const ssize_t size = recv(member.descriptor, scratch_.data(), scratch_.size(), 0);
    if (size > 0) {
      const auto bytes = std::span(scratch_).first(static_cast<std::size_t>(size));
      websocket_ ? read_messages(member, bytes) : pass_on(member, bytes);
    } else if (size == 0 || errno != EAGAIN) {
      leave(member);
    }
  }

  // All messages that one read has brought are written to each other member at once.
  void read_messages(Member& member, std::span<const char> bytes) {
    member.begun.append(bytes.data(), bytes.size());
    if (!member.upgraded) {
      if (!member.begun.ends_with("\r\n\r\n")) return;
      member.upgraded = true;
      member.begun.clear();
      (void)send(member.descriptor, kUpgraded.data(), kUpgraded.size(), MSG_NOSIGNAL);
      return;
    }
    out_.clear();
    std::size_t at = 0;
    while (member.begun.size() - at >= kMaskedHead) {
      const std::size_t size = member.begun[at + 1] & 0x7f;
      if (member.begun.size() - at < kMaskedHead + size) break;
      const char* const mask = member.begun.data() + at + 2;
      const char* const text = mask + 4;
      out_.push_back(member.begun[at]);
      out_.push_back(static_cast<char>(size));
      for (std::size_t i = 0; i < size; ++i) {
        out_.push_back(static_cast<char>(text[i] ^ mask[i % 4]));
      }
      at += kMaskedHead + size;
    }
    member.begun.erase(0, at);
    if (!out_.empty()) pass_on(member, out_);
  }

  void pass_on(const Member& from, std::span<const char> bytes) {
    for (const auto& member : members_) {
      if (member.get() == &from) continue;
      const ssize_t sent = member->unsent.empty()
                               ? send(member->descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                               : 0;
      // What fails for good is found when it is read.
      if (sent < 0 && errno != EAGAIN) continue;
      const auto rest = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
      if (rest.empty()) continue;
      if (member->unsent.empty() && ++behind_ == 1) watch_all();
      member->unsent.insert(member->unsent.end(), rest.begin(), rest.end());
      watch(*member);
    }
  }

  void write_unsent(Member& member) {
    if (member.unsent.empty()) return;
    const ssize_t sent =
        send(member.descriptor, member.unsent.data(), member.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return;
    member.unsent.erase(member.unsent.begin(), member.unsent.begin() + sent);
    if (member.unsent.empty()) caught_up(member);
  }

  void caught_up(Member& member) {
    if (--behind_ == 0) {
      watch_all();
    } else {
      watch(member);
    }
  }

  void watch_all() {
    for (const auto& member : members_) watch(*member);
  }

  void watch(Member& member) {
    const std::uint32_t read = behind_ == 0 ? EPOLLIN : 0U;
    epoll_.modify(member.descriptor, read | (member.unsent.empty() ? 0U : EPOLLOUT), &member);
  }

  void leave(Member& member) {
    close(member.descriptor);
    member.descriptor = -1;
    std::swap(members_[member.index], members_.back());
    members_[member.index]->index = member.index;
    gone_.push_back(std::move(members_.back()));
    members_.pop_back();
    if (!member.unsent.empty() && --behind_ == 0) watch_all();
  }

  const bool websocket_;
  const int listener_;
  bench::Epoll epoll_;
  std::vector<char> out_;  // messages that are passed on
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::unique_ptr<Member>> gone_;  // until the end of the turn: events may name them
  std::size_t behind_ = 0;                     // members with something unsent
  std::array<char, bench::kReadSize> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto mode = bench::parse_mode(argc, argv, {"chat", "websocket"});
  bench::prepare_process();
  Relay(mode == "websocket").run();
}
