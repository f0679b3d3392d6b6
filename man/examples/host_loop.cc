// Runs in a host's libev loop, together with the host's own watchers.
#include <sys/socket.h>

#include <cstdio>
#include <string>

#include <ev.h>

#include <sluice/connection.h>
#include <sluice/loop.h>

using sluice::Connection;

namespace {

// The host's own libev timer closes the connection.
void on_host_timer(struct ev_loop*, ev_timer* timer, int) {
  std::puts("the host's timer");
  static_cast<Connection*>(timer->data)->close();
}

class Talker final : public sluice::Protocol {
 public:
  explicit Talker(const char* name) : name_(name) {}
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    const std::string text(chars, in.size());
    std::printf("%s received: %s\n", name_, text.c_str());
    return in.size();
  }
  void on_close(Connection&, std::error_code) override {
    std::printf("%s is closed\n", name_);
  }

 private:
  const char* name_;
};

}  // namespace

int main() {
  struct ev_loop* host = ev_loop_new(EVFLAG_AUTO);
  if (host == nullptr) return 1;
  {
    Talker talker("sluice");
    sluice::Loop loop(host);  // must be destroyed before the host's loop
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
    const sluice::Fd other(ends[1]);
    auto& connection = Connection::adopt(loop, sluice::Fd(ends[0]), talker);
    if (::send(other.get(), "hello", 5, MSG_NOSIGNAL) != 5) return 1;

    ev_timer timer;
    ev_timer_init(&timer, on_host_timer, 0.5, 0.0);
    timer.data = &connection;
    ev_timer_start(host, &timer);

    // Returns when nothing is watched any more: no timer of the host, and no
    // connection, listener or running timer of sluice.
    ev_run(host, 0);
    std::puts("ev_run() has returned");
  }
  ev_loop_destroy(host);
}
