// A relay on epoll alone: what it reads from one member it writes to each other one, as it came.
// It looks at no byte and knows no line. While a member lacks something that the system did not
// take, nobody is read.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "../common.h"

namespace {

struct Member {
  int descriptor;
  std::size_t index;         // among the members
  std::vector<char> unsent;  // what the system did not take
};

class Relay {
 public:
  Relay() : listener_(bench::listen_tcp()) {
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
      pass_on(member, std::span(scratch_).first(static_cast<std::size_t>(size)));
    } else if (size == 0 || errno != EAGAIN) {
      leave(member);
    }
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

  const int listener_;
  bench::Epoll epoll_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::unique_ptr<Member>> gone_;  // until the end of the turn: events may name them
  std::size_t behind_ = 0;                     // members with something unsent
  std::array<char, bench::kReadSize> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  (void)bench::parse_mode(argc, argv, {"chat"});
  bench::prepare_process();
  Relay().run();
}
